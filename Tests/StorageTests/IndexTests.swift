import Causality
import Documents
import JSON
import Platform
import Storage
import TestSupport
import Testing

/// The index of a store with visits under several names, some of which were written after it.
@Suite(.sealedToo) struct IndexTests {
  private let test: TestStore

  init() throws {
    test = try TestStore()
    try test.commit(Array(1...40), "Ana")
    try test.commit([3, 5, 7], "Ben")
    _ = try test.open.checkpoint()
  }

  private func names(after place: IndexPlace? = nil, limit: Int = .max) throws -> [String] {
    let page = try test.open.read { tables in
      try tables.page(ofType: "visit", index: "given", after: place, limit: limit)
    }
    return page.map { entry in
      let name = entry.place.key.prefix { $0 != 0 }
      return "\(String(decoding: name, as: UTF8.self)) \(entry.document.key.id.low)"
    }
  }

  private func visits(named name: String) throws -> [UInt64] {
    try test.open.read { tables in
      try tables.documents(ofType: "visit", index: "given", key: name).map(\.key.id.low)
    }
  }

  @Test func `documents are found by key in the file and in what was written since`() throws {
    #expect(try visits(named: "Ben") == [3, 5, 7])
    try test.commit([5, 41], "Cleo")
    try test.commit([9], "Ben")
    #expect(try visits(named: "Ben") == [3, 7, 9])
    #expect(try visits(named: "Cleo") == [5, 41])
    #expect(try visits(named: "Ana").count == 36)
    #expect(try visits(named: "An") == [] && visits(named: "Anaa") == [])
    try test.reopened()
    #expect(try visits(named: "Ben") == [3, 7, 9])
    _ = try test.open.checkpoint()
    #expect(try visits(named: "Ben") == [3, 7, 9] && visits(named: "Cleo") == [5, 41])
  }

  @Test(arguments: [1, 2, 7, 100]) func `pages go on where the one before ended`(
    limit: Int
  ) throws {
    try test.commit([5, 41], "Cleo")
    try test.commit([2], "Abe")
    let all = try names()
    #expect(all.count == 41 && all.first == "Abe 2" && all.last == "Cleo 41")
    #expect(all == all.sorted { IndexTests.isBefore($0, $1) })
    var found: [String] = []
    var place: IndexPlace?
    while true {
      let page = try test.open.read { tables in
        try tables.page(ofType: "visit", index: "given", after: place, limit: limit)
      }
      guard let last = page.last else { break }
      #expect(page.count <= limit)
      found += try names(after: place, limit: limit)
      place = last.place
    }
    #expect(found == all)
  }

  private static func isBefore(_ a: String, _ b: String) -> Bool {
    let (first, second) = (a.split(separator: " "), b.split(separator: " "))
    return first[0] != second[0]
      ? first[0] < second[0] : (UInt64(first[1]) ?? 0) < (UInt64(second[1]) ?? 0)
  }

  @Test(arguments: [1, 3, 100]) func `pages of one value hold that value, oldest first`(
    limit: Int
  ) throws {
    try test.commit([41, 5], "Ben")
    try test.commit([7], "Benno")
    try test.commit([3, 8], "Be")
    var found: [UInt64] = []
    var place: IndexPlace?
    while true {
      let page = try test.open.read { tables in
        try tables.page(ofType: "visit", index: "given", value: "Ben", after: place, limit: limit)
      }
      guard let last = page.last else { break }
      found += page.map(\.document.key.id.low)
      place = last.place
    }
    #expect(found == [5, 41])
  }

  @Test func `ids are found by their range`() throws {
    try test.commit([50], "Dan")
    let found = try test.open.read { tables in
      try tables.keys(ofType: "visit", from: .sample(38), through: .sample(60))
    }
    #expect(found.map(\.id) == [.sample(38), .sample(39), .sample(40), .sample(50)])
  }

  @Test func `without an index the store is the same, and the next checkpoint makes one`() throws {
    try test.commit([5, 41], "Cleo")
    let before = try contents()
    test.close()
    try POSIXFileSystem().removeTree(test.layout.index)
    #expect(test.verify().problems.map(\.file) == [try indexPath()])
    try test.reopened()
    #expect(try contents() == before)
    _ = try test.open.checkpoint()
    #expect(try contents() == before)
    #expect(test.verify().isOK)
    try test.reopened()
    #expect(try contents() == before)
  }

  @Test func `an index that lacks a table is made anew`() throws {
    test.close()
    test.indexes.append(
      StoreIndex(type: "visit", name: "note", fields: ["note"]) { $0[0].map(\.line) })
    let found = try test.reopened().read { tables in
      try tables.documents(ofType: "visit", index: "note", key: "7").map(\.key.id.low)
    }
    #expect(found == [7])
  }

  /// Everything but the order of arrival, which a new index has lost.
  private func contents() throws -> String {
    try test.open.read { tables in
      let documents = try tables.documents(ofType: "visit").map { $0.text() }
      let names = try tables.page(ofType: "visit", index: "given", limit: .max)
        .map { "\($0.place)" }
      return (documents + names + ["\(tables.knowledge)", "\(try tables.count(ofType: "visit"))"])
        .joined(separator: "\n")
    }
  }

  private func indexPath() throws -> String {
    let names = try POSIXFileSystem().contents(ofDirectory: test.layout.history)
    let number = try #require(names.first.flatMap { UInt64($0.dropLast(".history".count)) })
    return test.layout.index(number)
  }

  @Test func `a flipped byte of the index is found, and never changes what is read`() throws {
    let before = try contents()
    test.close()
    let path = try indexPath()
    var refusals = 0
    for offset in stride(from: 0, to: try test.bytes(path).count, by: 61) {
      try test.flip(path, at: offset)
      let problems = test.verify().problems
      let isUnused = offset >= PagedFileTests.headEnd && offset < PagedFileTests.firstPage
      #expect(problems.map(\.file) == (isUnused ? [] : [path]), "byte \(offset)")
      do {
        try test.reopened()
        let found = try contents()
        #expect(found == before, "byte \(offset)")
      } catch let error as StorageError {
        #expect(error.code == .corrupt && error.path == path, "byte \(offset)")
        refusals += 1
      }
      test.close()
      try test.flip(path, at: offset)
    }
    #expect(refusals > 0)
  }

  @Test func `a flipped byte of a document's file is found on reading`() throws {
    let path = test.layout.file(of: TestStore.key(1))
    test.close()
    for offset in try test.bytes(path).indices {
      try test.flip(path, at: offset)
      let tables = try test.reopened().snapshot()
      let error = #expect(throws: StorageError.self) { try tables.document(TestStore.key(1)) }
      #expect(error?.code == .corrupt && error?.path == path, "byte \(offset)")
      test.close()
      try POSIXFileSystem().removeTree(test.layout.index)
      let rebuilt = #expect(throws: StorageError.self) { try test.reopened() }
      #expect(rebuilt?.code == .corrupt && rebuilt?.path == path, "byte \(offset), no index")
      try test.flip(path, at: offset)
      _ = try test.reopened().checkpoint()
      test.close()
    }
  }

  @Test func `a flipped byte of the history is found`() throws {
    test.close()
    let name = try #require(POSIXFileSystem().contents(ofDirectory: test.layout.history).first)
    let path = "\(test.layout.history)/\(name)"
    for offset in try test.bytes(path).indices {
      try test.flip(path, at: offset)
      #expect(test.verify().problems.map(\.file) == [path], "byte \(offset)")
      try test.flip(path, at: offset)
    }
  }
}

/// Where the parts of a file of pages stand.
enum PagedFileTests {
  static let headEnd = 32
  static let firstPage = 4096
}
