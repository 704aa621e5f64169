package import Causality

/// Every name in a server's data directory.
package struct ServerLayout: Sendable {
  package let root: String

  package init(root: String) {
    self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
  }

  package var lock: String { "\(root)/LOCK" }
  package var controlSocket: String { "\(root)/control.sock" }
  package var accounts: String { "\(root)/accounts" }
  /// Users' credentials, devices and enrolment codes: never leave the server.
  package var registry: String { "\(root)/server/registry.json" }
  /// With which logins are signed.
  package var tokenKey: String { "\(root)/server/token.key" }
  /// With which the tokens of devices are signed.
  package var deviceKey: String { "\(root)/server/device.key" }
  /// Letters that somebody or a program sends.
  package var outbox: String { "\(root)/outbox" }
  /// Letters whose sending is not noted yet.
  package var preparedMail: String { "\(root)/server/mail" }
  /// Letters that a program has.
  package var mailBeingSent: String { "\(root)/server/sending" }
  package var registryDirectory: String { "\(root)/server" }

  package func account(_ id: UniqueID) -> String { "\(accounts)/\(id)" }
}
