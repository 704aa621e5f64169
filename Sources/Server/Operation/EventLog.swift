import Causality
import Dispatch
package import JSON
package import Platform
import Synchronization

/// What the server tells its operator, a line each: JSON for programs, plain for a person at a terminal.
///
/// No line holds patient data, or anything that opens something; control bytes are escaped. Lines are written
/// behind the callers' backs: a reader that is slow holds nobody up.
package final class EventLog: Sendable {
  /// So many lines may wait; what comes then is counted and left out.
  private static let mostWaiting = 10_000

  private let isPlain: Bool
  private let clock: any WallClock
  private let write: @Sendable ([UInt8]) -> Void
  private let queue = DispatchQueue(label: "satchel.log")
  private let state = Mutex((waiting: 0, leftOut: 0))

  /// - Parameters:
  ///   - isPlain: whether a person reads it.
  ///   - write: takes a line with its end.
  package init(
    isPlain: Bool, clock: any WallClock,
    write: @escaping @Sendable ([UInt8]) -> Void = writeStandardError
  ) {
    (self.isPlain, self.clock, self.write) = (isPlain, clock, write)
  }

  /// Tells of something in words.
  package func tell(_ message: String) {
    append(event: "message", ["message": .string(message)], plain: message)
  }

  /// Tells of something that programs look for.
  /// - Parameter event: what it is: `request`.
  package func note(_ event: String, _ members: JSONObject) {
    let words = members.members.map {
      "\($0.key)=\($0.value.stringValue ?? String(decoding: $0.value.bytes, as: UTF8.self))"
    }
    append(event: event, members, plain: "\(event) \(words.joined(separator: " "))")
  }

  private func append(event: String, _ members: JSONObject, plain: String) {
    let leftOut = state.withLock { state -> Int? in
      guard state.waiting < Self.mostWaiting else {
        state.leftOut += 1
        return nil
      }
      state.waiting += 1
      defer { state.leftOut = 0 }
      return state.leftOut
    }
    guard let leftOut else { return }
    let line = isPlain ? Self.plain(plain) : json(event, members, leftOut)
    queue.async { [self] in
      write(line)
      state.withLock { $0.waiting -= 1 }
    }
  }

  /// Waits until everything is written.
  package func flush() { queue.sync {} }

  private func json(_ event: String, _ members: JSONObject, _ leftOut: Int) -> [UInt8] {
    var object: JSONObject = [
      "at": .string(Timestamp.text(milliseconds: clock.now())), "event": .string(event),
    ]
    for member in members.members { object[member.key] = member.value }
    if leftOut > 0 { object["left_out"] = .int(leftOut) }
    return JSONValue.object(object).bytes + [UInt8(ascii: "\n")]
  }

  private static func plain(_ text: String) -> [UInt8] {
    let isControl = { (scalar: Unicode.Scalar) in scalar.value < 0x20 || scalar.value == 0x7f }
    let scalars = text.unicodeScalars.map { isControl($0) ? "?" : $0 }
    return Array("satchel-server: \(String(String.UnicodeScalarView(scalars)))\n".utf8)
  }
}
