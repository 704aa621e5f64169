import Foundation

/// A letter in plain text (RFC 5322).
struct MailMessage: Sendable {
  /// An address, with or without a name: `Clinic <no-reply@clinic.example>`.
  var sender: String
  var recipient: String
  var subject: String
  /// Lines end in a line feed.
  var body: String
  /// Milliseconds since 1970 UTC.
  var date: UInt64
  /// Unique for ever: whoever gets the letter twice sees that it is one.
  var id: String

  /// Nil if an address could end a line of the header or name others besides.
  var bytes: [UInt8]? {
    guard Self.isAddress(recipient), let sender = MailSender(sender) else { return nil }
    let header = [
      "From: \(sender.text)", "To: \(recipient)", "Subject: \(Self.encoded(subject))",
      "Date: \(Self.dateText(date))", "Message-ID: <\(id)@\(sender.domain)>",
      "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: 8bit", "Auto-Submitted: auto-generated",
    ]
    let lines = header + [""] + Self.lines(body)
    return Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
  }

  /// Whether a text is one address and nothing else.
  static func isAddress(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    let forbidden = Set("<>()[]\\,;: \"".utf8)
    return parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
      && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && !forbidden.contains($0) }
  }

  /// A text as a header's value: as it is, or as encoded words (RFC 2047).
  static func encoded(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    let isPlain = line.utf8.allSatisfy { (0x20..<0x7f).contains($0) } && !line.contains("=?")
    if isPlain, line.utf8.count < mostHeaderByteCount { return line }
    return pieces(of: line).map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }
      .joined(separator: "\r\n ")
  }

  private static let mostHeaderByteCount = 900
  /// Of the text in an encoded word: the word has at most 75 bytes.
  private static let mostPieceByteCount = 45

  private static func pieces(of text: String) -> [String] {
    var pieces = [""]
    for character in text.unicodeScalars {
      let last = pieces[pieces.count - 1]
      if last.utf8.count + String(character).utf8.count > mostPieceByteCount { pieces.append("") }
      pieces[pieces.count - 1].unicodeScalars.append(character)
    }
    return pieces
  }

  /// A line of a letter has at most 998 bytes; longer ones are broken between words where that can be.
  private static func lines(_ body: String) -> [String] {
    body.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .flatMap { broken(String($0)) }
  }

  private static func broken(_ line: String) -> [String] {
    guard line.utf8.count > mostHeaderByteCount else { return [line] }
    var lines = [""]
    for word in line.split(separator: " ", omittingEmptySubsequences: false) {
      for piece in piecesOfWord(String(word)) {
        let last = lines[lines.count - 1]
        if last.utf8.count + piece.utf8.count >= mostHeaderByteCount {
          lines.append(piece)
        } else {
          lines[lines.count - 1] = last.isEmpty ? piece : "\(last) \(piece)"
        }
      }
    }
    return lines
  }

  private static func piecesOfWord(_ word: String) -> [String] {
    word.utf8.count < mostHeaderByteCount ? [word] : pieces(of: word)
  }

  private static func dateText(_ milliseconds: UInt64) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
    return formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
  }
}

/// Who sends letters.
struct MailSender: Sendable {
  private let name: String?
  private let address: String

  /// Nil if the text is neither an address nor a name with an address in angle brackets.
  init?(_ text: String) {
    guard text.hasSuffix(">"), let open = text.lastIndex(of: "<") else {
      guard MailMessage.isAddress(text) else { return nil }
      (name, address) = (nil, text)
      return
    }
    let inner = text[text.index(after: open)...].dropLast()
    guard MailMessage.isAddress(String(inner)) else { return nil }
    let before = text[..<open].split(separator: " ").joined(separator: " ")
    (name, address) = (before.isEmpty ? nil : before, String(inner))
  }

  var domain: String { String(address.split(separator: "@").last ?? "localhost") }

  var text: String {
    guard let name else { return address }
    let isPlain = name.utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || byte == 0x20
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
    if isPlain { return "\(name) <\(address)>" }
    let encoded = MailMessage.encoded(name)
    // A plain text with signs of its own meaning stands in quotation marks.
    return encoded == name
      ? "\"\(name.filter { $0 != "\"" && $0 != "\\" })\" <\(address)>"
      : "\(encoded)\r\n <\(address)>"
  }
}
