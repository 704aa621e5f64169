import Causality
import Documents
import JSON
import Platform
import SyncProtocol
import TestSupport
import Testing

/// The cases of `Conformance/vectors/protocol`, computed in another language from the protocol's text.
@Suite struct ProtocolVectorTests {
  private let codec: SyncCodec
  private let digest: Digest

  init() throws {
    digest = try Cryptography.load().sha256
    codec = SyncCodec(rules: SampleRules.all, digest: digest)
  }

  private func cases(_ name: String) throws -> [JSONObject] {
    let package = parentDirectory(of: parentDirectory(of: parentDirectory(of: #filePath)))
    let path = "\(package)/Conformance/vectors/protocol/\(name).json"
    let file = try JSONValue(parsing: POSIXFileSystem().readFile(path)).objectValue
    let cases = (file?["cases"]?.arrayValue ?? []).compactMap(\.objectValue)
    try #require(!cases.isEmpty)
    return cases
  }

  private func vector(_ value: JSONValue?) throws -> VersionVector {
    VersionVector().applying(try #require(SyncCodec.entries(value)))
  }

  @Test func `names of knowledge`() throws {
    for entry in try cases("names") {
      #expect(codec.digest(of: try vector(entry["knowledge"])) == entry["name"]?.stringValue)
    }
  }

  @Test func `stamps as text and as numbers`() throws {
    for entry in try cases("stamps") {
      let text = try #require(entry["text"]?.stringValue)
      let stamp = try #require(StampText.stamp(text))
      #expect(HexText.text(stamp.rawValue) == entry["number"]?.stringValue, "\(text)")
      #expect(StampText.text(stamp) == text)
    }
  }

  @Test func `histories and their chains`() throws {
    for entry in try cases("histories") {
      var history = History(digest: digest)
      for run in entry["runs"]?.arrayValue ?? [] {
        _ = history.append(try RunCodec.decode(try #require(run.objectValue)))
      }
      for member in try #require(entry["chains"]?.objectValue).members {
        let replica = try #require(UniqueID(member.key))
        let hash = history.hash(of: replica, at: history.knowledge[replica]) ?? []
        #expect(HexText.text(hash) == member.value.stringValue)
      }
      for asked in (entry["histories"]?.arrayValue ?? []).compactMap(\.objectValue) {
        let hash = try #require(history.hash(at: try vector(asked["knowledge"])))
        #expect(SyncCodec.text(history: hash) == asked["history"]?.stringValue)
      }
    }
  }

  @Test func `names of branches`() throws {
    for entry in try cases("branches") {
      let replica = try #require(entry["replica"]?.stringValue.flatMap { UniqueID($0) })
      let nonce = try #require(entry["nonce"]?.stringValue.flatMap { HexText.number($0) })
      let branch = Relabelling.branch(of: replica, nonce: nonce, digest: digest)
      #expect(branch?.description == entry["branch"]?.stringValue)
    }
  }

  @Test func `version vectors`() throws {
    for entry in try cases("version-vectors") {
      let (a, b) = (try vector(entry["a"]), try vector(entry["b"]))
      #expect(a.isCovered(by: b) == entry["covered"]?.boolValue)
      #expect(try a.union(b) == vector(entry["union"]))
      let difference = try #require(SyncCodec.entries(entry["difference"]))
      #expect(
        a.difference(from: b) == difference.sorted { $0.replica < $1.replica }
          && b.applying(difference) == a)
    }
  }

  @Test func `streams that are taken and that are not`() throws {
    for entry in try cases("streams") {
      let bytes = Array(try #require(entry["stream"]?.stringValue).utf8)
      let request = try? codec.request(bytes)
      #expect((request != nil) == entry["valid"]?.boolValue, "\(entry["why"] ?? "")")
    }
  }

  private func document(_ value: JSONValue?) throws -> Document {
    try DocumentDecoder().decode(try #require(value?.objectValue))
  }

  private func bytes(_ document: Document) -> String {
    var bytes: [UInt8] = []
    var encoder = DocumentEncoder(embedsTable: true)
    encoder.encode(document, SampleRules.all.type(document.key.type), into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `joins of two copies`() throws {
    for entry in try cases("joins") {
      let (mine, theirs) = (try document(entry["mine"]), try document(entry["theirs"]))
      let expected = bytes(try document(entry["joined"]))
      let nonces = entry["nonces"]?.objectValue ?? [:]
      let nonce = { (dot: Dot) in
        nonces["\(dot.replica):\(dot.number)"]?.stringValue.flatMap(HexText.number)
      }
      let joined = mine.joined(with: theirs, nonce: nonce)
      #expect(bytes(joined) == expected, "\(entry["what"] ?? "")")
      #expect(bytes(joined.joined(with: theirs, nonce: nonce)) == expected, "twice")
    }
  }

  @Test func `parts of documents`() throws {
    for entry in try cases("parts") {
      let part = try document(entry["document"]).part(since: try vector(entry["since"]))
      let expected = entry["part"]?.isNull == true ? nil : bytes(try document(entry["part"]))
      #expect(part.map(bytes) == expected)
    }
  }

  @Test func `canonical JSON`() throws {
    for entry in try cases("canonical") {
      let value = try JSONValue(parsing: Array(try #require(entry["json"]?.stringValue).utf8))
      let canonical = String(decoding: try value.canonicalBytes(), as: UTF8.self)
      #expect(canonical == entry["canonical"]?.stringValue)
    }
  }
}
