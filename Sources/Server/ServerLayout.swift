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
  package var loginKeys: String { "\(root)/server/login-keys.json" }
  /// With which the tokens of devices are signed.
  package var deviceKey: String { "\(root)/server/device.key" }
  /// Who did what, since the server began.
  package var audit: String { "\(root)/server/audit" }
  /// What `GET /metrics` asks for.
  package var metricsToken: String { "\(root)/server/metrics.token" }
  /// Letters that somebody or a program sends.
  package var outbox: String { "\(root)/outbox" }
  /// Letters whose sending is not noted yet.
  package var preparedMail: String { "\(root)/server/mail" }
  /// Letters that a program has.
  package var mailBeingSent: String { "\(root)/server/sending" }
  package var registryDirectory: String { "\(root)/server" }

  package func account(_ id: UniqueID) -> String { "\(accounts)/\(id)" }
}
