import Causality
import Documents
import JSON
import Platform
import Storage
import SyncProtocol
import Synchronization

/// The pages of pushes that are not complete, as a server keeps them.
extension ServerSync {
  /// What one replica may have kept here of a push that is not complete, in bytes.
  static let maximumPushByteCount = 1 << 30

  func stage(_ sender: ReplicaID) -> Stage {
    Stage("push-\(sender)", in: replica.store)
  }

  func stagedPageCount(_ request: SyncRequest) throws(ReplicaError) -> Int {
    guard let push = request.push, push != .whole else { return 0 }
    let stage = stage(request.replica)
    let count = try stored { () throws(StorageError) in try stage.count() }
    guard count > 0 else { return 0 }
    let first = try stored { () throws(StorageError) in try stage.page(0) }
    guard let kept = (try? codec.request(first))?.push, kept.token == push.token else { return 0 }
    return count
  }

  /// The digest at the end of the last page that is kept, if the answer depends on it.
  func stagedDigest(
    _ request: SyncRequest, _ count: Int
  ) throws(ReplicaError) -> String? {
    guard let push = request.push, count > 0, push.page != count || push.after != nil else {
      return nil
    }
    let last = try stored { () throws(StorageError) in
      try stage(request.replica).page(count - 1)
    }
    return SyncCodec.endDigest(of: last)
  }

  func keep(
    _ body: [UInt8], _ position: PushPosition, _ sender: ReplicaID
  ) throws(ReplicaError) {
    let stage = stage(sender)
    let kept =
      position.page == 0
      ? 0
      : try stored { () throws(StorageError) in
        try stage.byteCount()
      }
    guard kept + body.count <= Self.maximumPushByteCount else {
      throw .sync(
        SyncRefusal(.tooLarge, "a push of more than \(Self.maximumPushByteCount) bytes"))
    }
    try stored { () throws(StorageError) in
      if position.page == 0 { try stage.clear() }
      try stage.put(body, number: position.page)
    }
  }

  /// Reads a page that is kept of a push.
  func page(
    _ number: Int, of push: PushPosition, _ sender: ReplicaID
  ) throws(ReplicaError) -> ArrivingChanges.Page {
    let file = try stored { () throws(StorageError) in try stage(sender).page(number) }
    guard let request = try? codec.request(file), request.push?.token == push.token else {
      throw .sync(SyncRefusal(.pushRestart, "page \(number) of the push is damaged here"))
    }
    return ArrivingChanges.Page(
      parts: request.parts, unreadable: request.unreadable, byteCount: file.count)
  }
}
