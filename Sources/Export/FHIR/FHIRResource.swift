import Causality
import Clinic
import JSON

/// A resource of FHIR R4 (4.0.1).
struct FHIRResource {
  let type: String
  let id: String
  /// What else it says. Values that say nothing are left out when it is written.
  var members: JSONObject
  /// Whether it stands for a document: the others that a document gives share its id.
  var isMain = true

  /// The entry of a bundle. A bundle holds no address twice, so that a resource which shares its id with
  /// another has one that is made of both names.
  func entry(_ ids: StableID) -> JSONObject {
    let address = isMain ? id : ids.id(type: "fhir \(type)", key: id).description
    var resource: JSONObject = ["resourceType": .string(type), "id": .string(id)]
    for member in members.members {
      if let value = member.value.saidInFHIR { resource.append(member.key, value) }
    }
    return ["fullUrl": .string("urn:uuid:\(address)"), "resource": .object(resource)]
  }
}

extension JSONValue {
  /// The value without what is empty, which FHIR forbids; nil if nothing is left.
  fileprivate var saidInFHIR: JSONValue? {
    switch self {
    case .null: return nil
    case .string(let text):
      let plain = Self.withoutControls(text)
      return trimmed(plain).isEmpty ? nil : .string(plain)
    case .array(let elements):
      let said = elements.compactMap(\.saidInFHIR)
      return said.isEmpty ? nil : .array(said)
    case .object(let object):
      var said = JSONObject()
      for member in object.members {
        if let value = member.value.saidInFHIR { said.append(member.key, value) }
      }
      return said.isEmpty ? nil : .object(said)
    default: return self
    }
  }

  /// FHIR's strings know of control characters only tabs and the ends of lines.
  private static func withoutControls(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 }) else { return text }
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.filter { $0.value >= 0x20 || [9, 10, 13].contains($0.value) }))
  }

  /// A text, or nothing.
  static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}

/// The parts of which resources are made. What is nil says nothing, and neither does what holds only that.
enum FHIR {
  static func reference(
    _ type: String, _ id: String?, display: String? = nil
  ) -> JSONValue {
    if id == nil, display == nil { return .null }
    return ["reference": .text(id.map { "\(type)/\($0)" }), "display": .text(display)]
  }

  static func coding(_ system: String, _ code: String) -> JSONValue {
    ["coding": [["system": .string(system), "code": .string(code)]]]
  }

  static func coding(_ system: String, _ code: String, text: String) -> JSONValue {
    [
      "coding": [["system": .string(system), "code": .string(code)]], "text": .string(text),
    ]
  }

  /// A concept that is only named.
  static func concept(_ text: String?) -> JSONValue {
    text.map { ["text": .string($0)] } ?? .null
  }

  /// An instant with the offset that clocks had then.
  static func instant(_ instant: ZonedInstant) -> JSONValue {
    guard instant.utcOffsetSeconds % 60 == 0 else {
      return self.instant(seconds: instant.secondsSince1970)
    }
    let offset = CalendarWriter.offset(instant.utcOffsetSeconds)
    let sign = instant.utcOffsetSeconds == 0 ? "+00:00" : "\(offset.prefix(3)):\(offset.suffix(2))"
    let wall = instant.secondsSince1970 + instant.utcOffsetSeconds
    return .string(wallText(wall) + sign)
  }

  static func instant(seconds: Int) -> JSONValue { .string(wallText(seconds) + "Z") }

  private static func wallText(_ seconds: Int) -> String {
    let days = seconds.quotient(by: 86400)
    let (year, month, day) = Timestamp.civil(daysSince1970: days)
    let rest = seconds - days * 86400
    func two(_ number: Int) -> String { CalendarWriter.digits(number, 2) }
    return "\(CalendarWriter.digits(year, 4))-\(two(month))-\(two(day))"
      + "T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
  }
}
