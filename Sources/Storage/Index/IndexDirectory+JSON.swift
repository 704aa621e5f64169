import JSON

extension IndexDirectory {
  var bytes: [UInt8] {
    let object: JSONObject = [
      "head": .number(JSONNumber(head)), "sequence": .number(JSONNumber(sequence)),
      "feed": .object(Self.object(feed)), "marks": .object(Self.object(marks)),
      "history": .object(Self.object(history)),
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
  func isWithin(_ pageCount: Int) -> Bool {
    func fits(_ part: Part, _ byteCount: Int) -> Bool {
      let perPage = PagedFile.pageByteCount / byteCount
      let pages = part.count / perPage + (part.count % perPage == 0 ? 0 : 1)
      return part.page <= pageCount + 1 && pages <= pageCount + 1 - part.page
    }
    return fits(history, 1) && fits(feed, Self.feedByteCount) && fits(marks, Self.markByteCount)
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
