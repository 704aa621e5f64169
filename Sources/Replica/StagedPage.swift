import Causality
import Documents
import JSON
import Platform
import Storage
import SyncProtocol
import Synchronization

/// A page of a pull as it is kept: where the pull stands after it, then the message as it came.
struct StagedPage {
  let since: VersionVector
  let cursor: PullCursor
  let body: [UInt8]

  init(since: VersionVector, cursor: PullCursor, body: [UInt8]) {
    self.since = since
    self.cursor = cursor
    self.body = body
  }

  var bytes: [UInt8] {
    let head: JSONValue = [
      "since": SyncCodec.value(since.entries), "cursor": SyncCodec.encode(cursor),
    ]
    return head.bytes + [UInt8(ascii: "\n")] + body
  }

  init(_ bytes: [UInt8]) throws(TransportError) {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
      let head = (try? JSONValue(parsing: bytes[..<end]))?.objectValue,
      let since = SyncCodec.entries(head["since"]),
      let cursor = head["cursor"].flatMap(SyncCodec.cursor)
    else { throw TransportError("a staged page has no head") }
    self.init(
      since: VersionVector().applying(since), cursor: cursor, body: Array(bytes[(end + 1)...]))
  }
}
