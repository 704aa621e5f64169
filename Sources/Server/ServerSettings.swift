package import CommandLineTool
import Platform

/// How a server was told to run.
package struct ServerSettings: Sendable {
  /// Where it listens.
  package var listen = "127.0.0.1:7420"
  package var isBehindProxy = false
  /// The program that sends letters; without one they stay in the outbox.
  package var sendmail: String?
  package var letters = LetterStyle()

  package init(listen: String) { self.listen = listen }

  /// - Throws: `usage` for a setting that cannot be right.
  package init(_ invocation: Invocation) throws(ServerError) {
    listen = invocation.value("--listen") ?? listen
    isBehindProxy = invocation.has("--behind-proxy")
    sendmail = invocation.value("--sendmail")
    if let sendmail, !sendmail.hasPrefix("/") {
      throw .usage("--sendmail: \"\(sendmail)\" is no absolute path of a program")
    }
    letters.sender = invocation.value("--email-from") ?? letters.sender
    guard MailSender(letters.sender) != nil else {
      throw .usage("--email-from: \"\(letters.sender)\" is no address")
    }
    letters.invitePage = invocation.value("--invite-page")
    if let page = letters.invitePage, !page.hasPrefix("https://"), !page.hasPrefix("http://") {
      throw .usage("--invite-page: \"\(page)\" is no address of a page")
    }
  }
}
