import Causality
import JSON

/// What is wrong with a value, as a person reads it after the field's name.
struct ValueProblem: Error {
  let text: String

  init(_ text: String) { self.text = text }
}

/// Checks one value against the kind of its field and gives it its normal form.
struct ValueChecker {
  let functions: ClinicFunctions

  /// The normal form. An empty string counts as absent (null) where no text is meant: for a date, an
  /// id, an e-mail address.
  func normalise(_ value: JSONValue, _ kind: FieldKind) throws(ValueProblem) -> JSONValue {
    if value.isNull || isBlank(value, kind) { return .null }
    switch kind {
    case .string(let maximum, let format):
      return .string(try line(try string(value), maximum: maximum, format: format))
    case .text(let maximumBytes): return .string(try text(value, maximumBytes: maximumBytes))
    case .uuid, .reference: return .string(try id(value))
    case .civilDate: return .string(try civilDate(try string(value)))
    case .timeOfDay: return .string(try timeOfDay(try string(value)))
    case .timestamp: return .string(try timestamp(try string(value)))
    case .integer(let range): return try integer(value, range)
    case .boolean: return try boolean(value)
    case .choice(let choice): return .string(try chosen(try string(value), choice))
    case .object: return try object(value)
    case .json: return value
    case .stringSet(let maximum, let format):
      return try set(value, maximum: maximum, format: format)
    case .array(let element): return try array(value, of: element)
    case .documentKey: return try documentKey(value)
    }
  }

  private func isBlank(_ value: JSONValue, _ kind: FieldKind) -> Bool {
    guard case .string(let text) = value, text.isEmpty else { return false }
    return switch kind {
    case .string(_, .plain), .text: false
    default: true
    }
  }
}

// MARK: Text

extension ValueChecker {
  private func string(_ value: JSONValue) throws(ValueProblem) -> String {
    guard let string = value.stringValue else { throw ValueProblem("is not a string") }
    return string
  }

  private func line(
    _ text: String, maximum: Int, format: StringFormat
  ) throws(ValueProblem) -> String {
    guard !ControlCharacters.areIn(text) else {
      throw ValueProblem("contains a control character")
    }
    guard text.utf8.count <= maximum || text.unicodeScalars.count <= maximum else {
      throw ValueProblem("longer than \(maximum) characters")
    }
    return try formatted(text, format)
  }

  /// Lines that end as on Windows get the plain line end.
  private func text(_ value: JSONValue, maximumBytes: Int) throws(ValueProblem) -> String {
    guard let text = ControlCharacters.withPlainLineEnds(try string(value)) else {
      throw ValueProblem("contains a control character")
    }
    guard text.utf8.count <= maximumBytes else {
      throw ValueProblem("longer than \(maximumBytes) bytes")
    }
    return text
  }

  private func formatted(_ text: String, _ format: StringFormat) throws(ValueProblem) -> String {
    switch format {
    case .plain: return text
    case .email:
      guard isEmail(trimmed(text)) else { throw ValueProblem("is not an e-mail address") }
    case .httpsURL:
      guard isHTTPS(text) else { throw ValueProblem("is not an address that begins with https://") }
    case .color:
      guard text.utf8.count == 7, text.hasPrefix("#"), isHexadecimal(text.dropFirst()) else {
        throw ValueProblem("is not a color (#RRGGBB)")
      }
    case .timeZone:
      guard functions.utcOffsetSeconds(text, 0) != nil else {
        throw ValueProblem("is not a time zone of the IANA data base")
      }
    case .digest:
      guard text.utf8.count == 64, isHexadecimal(text[...]) else {
        throw ValueProblem("is not a SHA-256 digest in hexadecimal")
      }
      return text.lowercased()
    case .confirmationCode: return try confirmationCode(text)
    }
    return text
  }

  private func isEmail(_ text: String) -> Bool {
    let at = UInt8(ascii: "@")
    guard let place = text.utf8.firstIndex(of: at), place != text.utf8.startIndex else {
      return false
    }
    let domain = text.utf8[text.utf8.index(after: place)...]
    return !domain.isEmpty && !domain.contains(at) && !hasWhiteSpace(text)
  }

  private func isHTTPS(_ text: String) -> Bool {
    let prefix = "https://"
    guard text.prefix(prefix.count).lowercased() == prefix else { return false }
    let host = text.dropFirst(prefix.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    return !host.isEmpty && !hasWhiteSpace(text)
  }

  private func hasWhiteSpace(_ text: String) -> Bool {
    // Of the ASCII characters, those above the space are none.
    if text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x80 }) { return false }
    return text.unicodeScalars.contains { $0.properties.isWhitespace }
  }

  private func isHexadecimal(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
  }

  /// One of ours in its normal form, or a code of another system in upper case.
  private func confirmationCode(_ text: String) throws(ValueProblem) -> String {
    if let code = ConfirmationCode(text) { return code.text }
    let isLetterOrDigit = { (byte: UInt8) in
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & 0xdf)
    }
    guard text.utf8.count >= 4, text.utf8.allSatisfy(isLetterOrDigit) else {
      throw ValueProblem("is not a confirmation code (letters and digits)")
    }
    return text.uppercased()
  }
}

// MARK: Ids, dates and times

extension ValueChecker {
  private func id(_ value: JSONValue) throws(ValueProblem) -> String {
    guard let text = value.stringValue, let id = UniqueID(text) else {
      throw ValueProblem("is not an id (UUID)")
    }
    return id.description
  }

  private func civilDate(_ text: String) throws(ValueProblem) -> String {
    if CivilDate(text) != nil { return text }
    throw ValueProblem(
      CalendarDigits.haveForm("0000-00-00", in: text) && !text.hasPrefix("0000")
        ? "is not a day of the calendar" : "is not a date (YYYY-MM-DD)")
  }

  private func timeOfDay(_ text: String) throws(ValueProblem) -> String {
    if let time = TimeOfDay(text) { return time.text }
    let isFiner = CalendarDigits.haveForm("00:00:00", in: text)
    throw ValueProblem(
      isFiner && TimeOfDay(String(text.prefix(5))) != nil
        ? "is not a time of day in whole minutes (HH:MM)" : "is not a time of day (HH:MM)")
  }

  private func timestamp(_ text: String) throws(ValueProblem) -> String {
    guard let milliseconds = Timestamp.milliseconds(text), milliseconds <= Timestamp.largest else {
      throw ValueProblem("is not a time since 1970 in RFC 3339 (YYYY-MM-DDTHH:MM:SSZ)")
    }
    return Timestamp.text(milliseconds: milliseconds)
  }
}

// MARK: Other values

extension ValueChecker {
  private func integer(
    _ value: JSONValue, _ range: ClosedRange<Int>
  ) throws(ValueProblem) -> JSONValue {
    guard case .number(let number) = value else { throw ValueProblem("is not a whole number") }
    guard let integer = number.int else {
      let isWhole = number.double.rounded() == number.double && number.double.isFinite
      throw ValueProblem(
        isWhole ? "must be written without point and exponent" : "is not a whole number")
    }
    guard range.contains(integer) else {
      throw ValueProblem("must be from \(range.lowerBound) to \(range.upperBound)")
    }
    return .int(integer)
  }

  private func boolean(_ value: JSONValue) throws(ValueProblem) -> JSONValue {
    guard value.boolValue != nil else { throw ValueProblem("is neither true nor false") }
    return value
  }

  private func chosen(_ text: String, _ choice: Choice) throws(ValueProblem) -> String {
    if let value = choice.values.first(where: { utf8Equal($0, text) }) { return value }
    if let value = choice.aliases[text] { return value }
    guard choice.isOpen else {
      throw ValueProblem("is not one of \(choice.values.joined(separator: ", "))")
    }
    return try line(text, maximum: Choice.maximumOpenCharacterCount, format: .plain)
  }

  private func object(_ value: JSONValue) throws(ValueProblem) -> JSONValue {
    guard value.objectValue != nil else { throw ValueProblem("is not an object") }
    return value
  }

  private func set(
    _ value: JSONValue, maximum: Int, format: StringFormat
  ) throws(ValueProblem) -> JSONValue {
    let list = try array(value, of: .string(maximum: maximum, format: format))
    let strings = Set((list.arrayValue ?? []).compactMap(\.stringValue).map(ExactString.init))
    return .array(strings.map(\.text).sorted(by: utf8Less).map { .string($0) })
  }

  private func array(_ value: JSONValue, of element: FieldKind) throws(ValueProblem) -> JSONValue {
    guard let elements = value.arrayValue else { throw ValueProblem("is not a list") }
    guard elements.count <= Catalogue.maximumElementCount else {
      throw ValueProblem("has more than \(Catalogue.maximumElementCount) elements")
    }
    var normal: [JSONValue] = []
    for (index, value) in elements.enumerated() {
      do throws(ValueProblem) {
        let value = try normalise(value, element)
        guard !value.isNull, value.stringValue != "" else { throw ValueProblem("is empty") }
        normal.append(value)
      } catch {
        throw ValueProblem("element \(index + 1) \(error.text)")
      }
    }
    return .array(normal)
  }

  private func documentKey(_ value: JSONValue) throws(ValueProblem) -> JSONValue {
    guard let object = value.objectValue, object.count == 2,
      let type = object["type"]?.stringValue, !type.isEmpty,
      let id = object["id"]?.stringValue.flatMap({ UniqueID($0) })
    else { throw ValueProblem("is not an object of a type and an id") }
    return ["type": .string(type), "id": .string(id.description)]
  }
}
