import Testing

@testable import Server

@Suite struct MailMessageTests {
  private func message(_ change: (inout MailMessage) -> Void = { _ in }) -> String? {
    var message = MailMessage(
      sender: "Clinic <no-reply@clinic.example>", recipient: "ana@example.org",
      subject: "Hello", body: "One\n\nTwo", date: 1_772_452_800_000, id: "abc")
    change(&message)
    return message.bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func `a letter is a header, an empty line and a body, with CR LF at each end`() {
    #expect(
      message() == """
        From: Clinic <no-reply@clinic.example>\r
        To: ana@example.org\r
        Subject: Hello\r
        Date: Mon, 02 Mar 2026 12:00:00 +0000\r
        Message-ID: <abc@clinic.example>\r
        MIME-Version: 1.0\r
        Content-Type: text/plain; charset=utf-8\r
        Content-Transfer-Encoding: 8bit\r
        Auto-Submitted: auto-generated\r
        \r
        One\r
        \r
        Two\r

        """)
  }

  @Test(arguments: [
    "ana@example.org\r\nBcc: all@example.org", "ana@example.org, bo@example.org", "ana", "@",
    "a@b@c",
    "ana @example.org", "<ana@example.org>", "",
  ])
  func `what is not one address gets no letter`(address: String) {
    #expect(message { $0.recipient = address } == nil)
    #expect(message { $0.sender = "Clinic <\(address)>" } == nil)
  }

  @Test func `a header has no line of somebody else's, and other letters as encoded words`() {
    let injected = message { $0.subject = "Hi\r\nBcc: all@example.org" }
    #expect(injected?.contains("\r\nSubject: Hi Bcc: all@example.org\r\n") == true)
    let umlauts = message { $0.subject = "Grüße" }
    #expect(umlauts?.contains("\r\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\r\n") == true)
    let long = message { $0.subject = String(repeating: "ü", count: 200) } ?? ""
    let lines = long.split(separator: "\r\n").prefix { !$0.hasPrefix("Date") }
    #expect(lines.count > 5 && lines.allSatisfy { $0.utf8.count <= 78 + "Subject: ".utf8.count })
    #expect(
      message { $0.sender = "Dr. Ek <a@b.example>" }?.hasPrefix("From: \"Dr. Ek\" <a@b") == true)
  }

  @Test func `no line is longer than a mail program takes`() {
    let body = String(repeating: "word ", count: 500) + String(repeating: "ü", count: 3000)
    let text = message { $0.body = body } ?? ""
    #expect(text.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 998 })
    let same = text.filter { $0 == "ü" }.count
    #expect(same == 3000)
  }
}
