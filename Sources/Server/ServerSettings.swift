package import CommandLineTool
package import HTTP
package import Platform

/// How a server was told to run.
package struct ServerSettings: Sendable {
  /// Where it listens.
  package var listen = "127.0.0.1:7420"
  package var isBehindProxy = false
  /// Which peers are proxies whose word about a client's address is taken; none unless behind a proxy.
  package var trustedProxies: [AddressRange] = []
  /// How many requests a second each address may send; nil for the usual number, which this machine's own
  /// addresses are free of.
  package var addressRate: Double?
  /// How many requests a second each device may send.
  package var deviceRate = 100.0
  /// The program that sends letters; without one they stay in the outbox.
  package var sendmail: String?
  package var letters = LetterStyle()
  /// With which logins are signed; without one the server makes a key and keeps it.
  package var tokenSecret: String?
  /// How long a login holds.
  package var tokenMinutes = 480
  /// Whether anybody may open an account.
  package var allowsSignUp = false
  /// Pages of these origins may use the API from a browser: `https://clinic.example`.
  package var corsOrigins: [String] = []
  /// How users sign in with Google; nil where nobody asked for that.
  package var google: GoogleSettings?
  /// Makes summaries of intake forms; nil where nobody asked for that.
  package var summaryModel: SummaryModel?
  /// What peers are granted at most.
  package var limits = HTTPLimits.standard
  /// Whether each request is told to the operator.
  package var isDebug = false

  package init(listen: String) { self.listen = listen }

  /// - Throws: `usage` for a setting that cannot be right, or must not be in production.
  package init(_ invocation: Invocation) throws(ServerError) {
    listen = invocation.value("--listen") ?? listen
    try readProxy(invocation)
    addressRate = try Self.rate("--address-rate", invocation)
    deviceRate = try Self.rate("--device-rate", invocation) ?? deviceRate
    let most = limits.maximumConnections
    limits.maximumConnections = try Self.count("--max-connections", invocation) ?? most
    limits.maximumConnectionsPerAddress =
      try Self.count("--max-connections-per-address", invocation)
      ?? limits.maximumConnections
    try readMail(invocation)
    try readLogins(invocation)
    try readModel(invocation)
    try readGoogle(invocation)
    corsOrigins = invocation.values("--cors-origin").flatMap { $0.split(separator: ",") }
      .map { $0.trimmed }
    for origin in corsOrigins where !Self.isOrigin(origin) {
      throw .usage("--cors-origin: \"\(origin)\" is no origin such as https://clinic.example")
    }
    isDebug = try Self.flag("--debug", invocation)
    switch invocation.value("--environment") ?? "development" {
    case "development": break
    case "production": try requireFitForProduction()
    case let other:
      throw .usage("--environment: \"\(other)\" is neither development nor production")
    }
  }

  /// A proxy on the same machine.
  private static let usualProxies = ["127.0.0.0/8", "::1"]

  private mutating func readProxy(_ invocation: Invocation) throws(ServerError) {
    isBehindProxy = invocation.has("--behind-proxy")
    let texts = invocation.values("--trusted-proxy").flatMap { $0.split(separator: ",") }
      .map { $0.trimmed }
    guard isBehindProxy || texts.isEmpty else {
      throw .usage("--trusted-proxy: only together with --behind-proxy")
    }
    for text in isBehindProxy && texts.isEmpty ? Self.usualProxies : texts {
      guard let range = AddressRange(text) else {
        throw .usage("--trusted-proxy: \"\(text)\" is no address such as 10.0.0.2 or 10.0.0.0/8")
      }
      trustedProxies.append(range)
    }
  }

  private static func count(
    _ option: String, _ invocation: Invocation
  ) throws(ServerError) -> Int? {
    guard let text = invocation.value(option) else { return nil }
    guard let count = Int(text), (1...1_000_000).contains(count) else {
      throw .usage("\(option): \"\(text)\" is no number of connections")
    }
    return count
  }

  private static func rate(
    _ option: String, _ invocation: Invocation
  ) throws(ServerError) -> Double? {
    guard let text = invocation.value(option) else { return nil }
    guard let rate = Double(text), rate > 0, rate <= 1e6 else {
      throw .usage("\(option): \"\(text)\" is no number of requests a second")
    }
    return rate
  }

  private mutating func readMail(_ invocation: Invocation) throws(ServerError) {
    sendmail = invocation.value("--sendmail")
    if let sendmail, !sendmail.hasPrefix("/") {
      throw .usage("--sendmail: \"\(sendmail)\" is no absolute path of a program")
    }
    letters.sender = invocation.value("--email-from") ?? letters.sender
    guard MailSender(letters.sender) != nil else {
      throw .usage("--email-from: \"\(letters.sender)\" is no address")
    }
    letters.invitePage = try Self.page("--invite-page", invocation)
    letters.userPage = try Self.page("--user-page", invocation)
  }

  private static func page(
    _ option: String, _ invocation: Invocation
  ) throws(ServerError) -> String? {
    guard let page = invocation.value(option) else { return nil }
    guard page.hasPrefix("https://") || page.hasPrefix("http://"),
      page.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
    else { throw .usage("\(option): \"\(page)\" is no address of a page") }
    return page
  }

  /// The shortest secret that is taken, in characters.
  private static let leastSecretCount = 32
  private static let tokenMinutes = 1...43_200

  private mutating func readLogins(_ invocation: Invocation) throws(ServerError) {
    tokenSecret = invocation.value("--token-secret")
    if let tokenSecret, tokenSecret.count < Self.leastSecretCount {
      throw .usage("--token-secret: has fewer than \(Self.leastSecretCount) characters")
    }
    if let text = invocation.value("--token-minutes") {
      guard let minutes = Int(text), Self.tokenMinutes.contains(minutes) else {
        throw .usage("--token-minutes: \"\(text)\" is no number from 1 to 43200")
      }
      tokenMinutes = minutes
    }
    allowsSignUp = try Self.flag("--signup", invocation)
  }

  private mutating func readModel(_ invocation: Invocation) throws(ServerError) {
    guard let endpoint = try Self.page("--ai-endpoint", invocation) else { return }
    var model = SummaryModel(endpoint: String(endpoint.reversed().drop { $0 == "/" }.reversed()))
    model.key = invocation.value("--ai-key")
    model.name = invocation.value("--ai-model") ?? model.name
    summaryModel = model
  }

  private mutating func readGoogle(_ invocation: Invocation) throws(ServerError) {
    let names = ["--google-client-id", "--google-client-secret", "--google-redirect"]
    let values = names.compactMap(invocation.value)
    if values.isEmpty { return }
    guard values.count == names.count else {
      throw .usage("\(names.joined(separator: ", ")): all three are needed, or none")
    }
    _ = try Self.page(names[2], invocation)
    var google = GoogleSettings(
      clientID: values[0], clientSecret: values[1], redirectURI: values[2])
    if let issuer = try Self.page("--google-issuer", invocation) {
      google.issuer = issuer
      google.authorizePage = "\(issuer)/o/oauth2/v2/auth"
      google.tokenPage = "\(issuer)/token"
    }
    self.google = google
  }

  /// A switch is given as a flag, or as `true` or `false` by a variable or in a file.
  private static func flag(
    _ option: String, _ invocation: Invocation
  ) throws(ServerError) -> Bool {
    switch invocation.value(option) {
    case nil, "false", "off", "0": return false
    case "true", "on", "1": return true
    case let other?: throw .usage("\(option): \"\(other)\" is neither on nor off")
    }
  }

  private static func isOrigin(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 3 && ["http:", "https:"].contains(parts[0]) && parts[1].isEmpty
      && !parts[2].isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
  }

  // MARK: - Production

  /// - Throws: `usage` with the first setting that is fit for trying out only.
  private func requireFitForProduction() throws(ServerError) {
    if isDebug { throw Self.unfit("--debug: requests are told on standard error") }
    if let tokenSecret, Set(tokenSecret).count < 16 || tokenSecret.contains("change-in-production")
    {
      throw Self.unfit("--token-secret: can be guessed; leave it out, and the server makes a key")
    }
    for origin in corsOrigins where !origin.hasPrefix("https://") {
      throw Self.unfit("--cors-origin: \"\(origin)\" is not https")
    }
    if summaryModel?.endpoint.hasPrefix("http://") == true {
      throw Self.unfit("--ai-endpoint: is not https: what patients wrote would travel in the clear")
    }
    let pages = [letters.invitePage, letters.userPage, google?.redirectURI, google?.issuer]
    for page in pages where page?.hasPrefix("http://") == true {
      throw Self.unfit("\"\(page ?? "")\" is not https: secrets would travel in the clear")
    }
    if letters.sender == LetterStyle().sender {
      throw Self.unfit("--email-from: is missing, and nobody could answer a letter")
    }
  }

  private static func unfit(_ what: String) -> ServerError {
    .usage("not for production: \(what)")
  }
}

extension Substring {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
