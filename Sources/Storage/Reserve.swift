import Platform

/// Room that is kept for a checkpoint: on a full disk it is given up, so that the log can be brought
/// into files and its segments used again.
struct Reserve {
  let layout: StoreLayout
  let environment: StoreEnvironment

  private var fileSystem: any FileSystem { environment.fileSystem }

  /// Twice what a segment takes, and what the next index will take.
  private func byteCount() throws(SystemError) -> Int {
    var count = 2 * environment.segmentByteCount
    for name in try fileSystem.contents(ofDirectory: layout.index) {
      count += try fileSystem.status("\(layout.index)/\(name)")?.byteCount ?? 0
    }
    return count
  }

  /// Makes the reserve as large as it should be, if there is room. It is not worth failing for.
  func make() {
    do throws(SystemError) {
      let count = try byteCount()
      if let size = try fileSystem.status(layout.reserve)?.byteCount, size >= count { return }
      let file = try fileSystem.open(layout.reserve, .openOrCreate)
      defer { file.close() }
      do throws(SystemError) { try file.reserve(byteCount: count) } catch { giveUp() }
    } catch {}
  }

  /// - Returns: whether there was one.
  @discardableResult
  func giveUp() -> Bool {
    do throws(SystemError) {
      guard try fileSystem.status(layout.reserve) != nil else { return false }
      try fileSystem.removeFile(layout.reserve)
      return true
    } catch { return false }
  }
}
