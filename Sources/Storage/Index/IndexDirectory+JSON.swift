import JSON

extension IndexDirectory {
  var bytes: [UInt8] {
    var object: JSONObject = [
      "head": .number(JSONNumber(head)), "sequence": .number(JSONNumber(sequence)),
      "feed": .object(Self.object(feed)), "marks": .object(Self.object(marks)),
      "history": .object(Self.object(history)),
      "feed_record": .int(feedRecordByteCount),
      "feed_files": .array(
        feedFiles.map {
          [
            "number": .int(Int($0.number)), "mark": .string(String($0.mark)),
            "bytes": .int($0.byteCount),
          ]
        }),
      "manifest": .string(String(decoding: manifest, as: UTF8.self)),
      "types": .array(
        types.map { .object(["name": .string($0.name), "part": .object(Self.object($0.part))]) }),
      "indexes": .array(
        indexes.map {
          .object([
            "type": .string($0.type), "name": .string($0.name),
            "part": .object(Self.object($0.part)),
          ])
        }),
    ]
    if numbering > 0 { object.append("numbering", .string(String(numbering))) }
    return JSONValue.object(object).bytes
  }

  init?(_ bytes: [UInt8]) {
    guard let object = (try? JSONValue(parsing: bytes))?.objectValue,
      let head = object["head"]?.intValue, let sequence = object["sequence"]?.intValue,
      head >= 0, sequence >= 0, let feed = Self.part(object["feed"]),
      let marks = Self.part(object["marks"]), let history = Self.part(object["history"]),
      let manifest = object["manifest"]?.stringValue, let types = object["types"]?.arrayValue,
      let indexes = object["indexes"]?.arrayValue
    else { return nil }
    self.init(
      head: UInt64(head), sequence: UInt64(sequence), feed: feed, marks: marks,
      manifest: Array(manifest.utf8), history: history)
    let byteCount = object["feed_record"]?.intValue ?? Self.oldFeedByteCount
    guard [Self.feedByteCount, Self.oldFeedByteCount].contains(byteCount) else { return nil }
    feedRecordByteCount = byteCount
    if let text = object["numbering"]?.stringValue {
      guard let number = UInt64(text) else { return nil }
      numbering = number
    }
    for value in object["feed_files"]?.arrayValue ?? [] {
      guard let file = value.objectValue.flatMap(FeedFile.init) else { return nil }
      feedFiles.append(file)
    }
    for value in types {
      guard let name = value.objectValue?["name"]?.stringValue,
        let part = Self.part(value.objectValue?["part"])
      else { return nil }
      self.types.append((name, part))
    }
    for value in indexes {
      guard let type = value.objectValue?["type"]?.stringValue,
        let name = value.objectValue?["name"]?.stringValue,
        let part = Self.part(value.objectValue?["part"])
      else { return nil }
      self.indexes.append((type, name, part))
    }
  }

  /// Whether all parts stand in the pages that there are.
  func isWithin(_ file: PagedFile) -> Bool {
    func fits(_ part: Part, _ byteCount: Int) -> Bool {
      let perPage = file.contentByteCount / byteCount
      let pages = part.count / perPage + (part.count % perPage == 0 ? 0 : 1)
      return part.page <= file.pageCount + 1 && pages <= file.pageCount + 1 - part.page
    }
    return fits(history, 1) && fits(feed, feedRecordByteCount) && fits(marks, Self.markByteCount)
      && types.allSatisfy { fits($0.part, Self.documentByteCount) }
      && indexes.allSatisfy { fits($0.part, Self.keyByteCount) }
  }

  private static func object(_ part: Part) -> JSONObject {
    ["page": .int(part.page), "count": .int(part.count)]
  }

  private static func part(_ value: JSONValue?) -> Part? {
    guard let page = value?.objectValue?["page"]?.intValue,
      let count = value?.objectValue?["count"]?.intValue, page >= 1, count >= 0
    else { return nil }
    return Part(page: page, count: count)
  }
}

extension FeedFile {
  fileprivate init?(_ object: JSONObject) {
    guard let number = object["number"]?.intValue.flatMap({ UInt32(exactly: $0) }), number > 0,
      let mark = object["mark"]?.stringValue.flatMap({ UInt64($0) }),
      let byteCount = object["bytes"]?.intValue, byteCount >= Self.headByteCount,
      UInt32(exactly: byteCount) != nil
    else { return nil }
    self.init(number: number, mark: mark, byteCount: byteCount)
  }
}
