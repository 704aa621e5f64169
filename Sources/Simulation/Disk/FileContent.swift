/// A change of a file's bytes or size that no sync has made durable.
struct ContentChange: Sendable {
  /// The sectors that it touched, as they stood in memory after it; nil stands for zeros.
  var sectors: [Int: [UInt8]?]
  /// The size after it, if it changed the size.
  var byteCount: Int?
  /// Whether a sync that failed had to make it durable. The system then takes it for done: a later
  /// sync does nothing for it.
  var isForgotten = false

  var isEmpty: Bool { sectors.isEmpty && byteCount == nil }
}

/// The bytes of a file, as programs see them and as they stand on the disk.
struct FileContent: Sendable {
  /// What programs read.
  private(set) var current = SparseBytes()
  /// What the last syncs made durable.
  private(set) var durable = SparseBytes()
  /// What leads from `durable` to `current`, in order.
  private(set) var changes: [ContentChange] = []

  mutating func write(_ bytes: [UInt8], at offset: Int) {
    guard !bytes.isEmpty else { return }
    let before = current.byteCount
    current.write(bytes, at: offset)
    note(Array(SparseBytes.sectors(of: offset..<offset + bytes.count)), sizeBefore: before)
  }

  /// Cuts, or extends by zeros.
  mutating func resize(to byteCount: Int) {
    let before = current.byteCount
    guard byteCount != before else { return }
    let touched = current.presentSectors(from: byteCount / SparseBytes.sectorByteCount)
    current.resize(to: byteCount)
    note(byteCount < before ? touched : [], sizeBefore: before)
  }

  private mutating func note(_ touched: [Int], sizeBefore: Int) {
    var sectors: [Int: [UInt8]?] = [:]
    for number in touched { sectors[number] = .some(current.sector(number)) }
    let byteCount = current.byteCount == sizeBefore ? nil : current.byteCount
    changes.append(ContentChange(sectors: sectors, byteCount: byteCount))
  }

  /// Makes durable whatever was changed since the last sync, also a failed one.
  mutating func synchronize() {
    guard !changes.isEmpty else { return }
    let waiting = changes.filter { !$0.isForgotten }
    var sectors: [Int: [UInt8]?] = [:]
    for number in waiting.flatMap(\.sectors.keys) {
      sectors[number] = .some(current.sector(number))
    }
    // Bytes that are durable are within a size that is.
    let end = (sectors.keys.max() ?? -1) * SparseBytes.sectorByteCount
    let makesSizeDurable =
      waiting.contains { $0.byteCount != nil }
      || end + SparseBytes.sectorByteCount > durable.byteCount
    changes.removeAll { !$0.isForgotten }
    for index in changes.indices {
      changes[index].sectors = changes[index].sectors.filter { sectors[$0.key] == nil }
      if makesSizeDurable { changes[index].byteCount = nil }
    }
    changes.removeAll(where: \.isEmpty)
    let byteCount = makesSizeDurable ? current.byteCount : durable.byteCount
    durable.replace(sectors, byteCount: byteCount)
  }

  /// A sync fails: nobody knows what of the changes is durable, and no later sync will care.
  mutating func forget() {
    for index in changes.indices { changes[index].isForgotten = true }
  }

  /// Replaces all that is uncertain by what the fate decides.
  mutating func cutPower(_ fate: inout FateDraw) {
    var (sectors, byteCount) = ([Int: [UInt8]?](), durable.byteCount)
    for change in changes {
      fate.beginChange()
      for number in change.sectors.keys.sorted() where fate.keepsSector() {
        sectors[number] = change.sectors[number]
      }
      if let size = change.byteCount, fate.keepsSize() { byteCount = size }
    }
    durable.replace(sectors, byteCount: byteCount)
    current = durable
    changes = []
  }

  /// Changes a bit, in memory and on the disk; false if the file ends before it.
  mutating func flip(bit: Int) -> Bool {
    _ = durable.flip(bit: bit)
    return current.flip(bit: bit)
  }
}
