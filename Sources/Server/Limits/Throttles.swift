import API
import Causality
import HTTP
import Platform

/// How often somebody may ask, and how often be wrong.
package final class Throttles: Sendable {
  private static let minute: UInt64 = 60_000

  /// Where requests come from.
  let addresses: ClientAddress
  private let addressRate: RateLimit
  /// Whether requests from this machine are counted too.
  private let countsLoopback: Bool
  private let deviceRate: RateLimit
  /// Of a person from one address, of one address, and of a person from all addresses.
  private let wrongPasswords = (
    here: FailureLimit(10, within: 10 * minute), address: FailureLimit(30, within: 10 * minute),
    person: FailureLimit(100, within: 10 * minute)
  )
  /// The longest address of a person that is told from others, in bytes (RFC 5321: 64 + 1 + 255).
  private static let maximumEmailByteCount = 320
  /// Tokens of letters that nobody was given, of one address.
  private let wrongTokens = FailureLimit(30, within: 10 * minute)
  /// Of a device that enrols, and of one address.
  private let wrongCodes = (
    device: FailureLimit(5, within: 10 * minute), address: FailureLimit(30, within: 10 * minute)
  )

  package init(_ settings: ServerSettings) {
    addresses = ClientAddress(trustedProxies: settings.trustedProxies)
    addressRate = RateLimit(perSecond: settings.addressRate ?? 50)
    countsLoopback = settings.addressRate != nil
    deviceRate = RateLimit(perSecond: settings.deviceRate)
  }

  /// Counts a request of an address.
  /// - Throws: 429 if there are too many.
  func admit(address: String) throws(APIError) {
    guard counts(address: address) else { return }
    try Self.require(
      addressRate.take(address.networkKey, at: monotonicMilliseconds()), "this address")
  }

  /// Whether requests of an address are counted at all.
  func counts(address: String) -> Bool { countsLoopback || !Self.isThisMachine(address) }

  /// Counts a request of a device.
  /// - Throws: 429 if there are too many.
  func admit(device: UniqueID) throws(APIError) {
    try Self.require(
      deviceRate.take(device.description, at: monotonicMilliseconds()), "this device")
  }

  private static func require(_ seconds: Double?, _ who: String) throws(APIError) {
    if let seconds { throw .tooMany("\(who) asks too often", waitSeconds: seconds) }
  }

  private static func isThisMachine(_ address: String) -> Bool {
    SocketAddress(host: address, port: 0)?.isLoopback ?? (address != ClientAddress.unknown)
  }

  // MARK: - Passwords

  /// - Parameters:
  ///   - email: in the form in which addresses are compared.
  ///   - isKnown: whether that person logged in from there before: then what others try from elsewhere locks nobody
  ///     out.
  /// - Throws: 429 after too many wrong passwords, whatever the next one is.
  func requirePasswordTry(
    email: String, from address: String, isKnown: Bool
  ) throws(APIError) {
    let (now, email) = (monotonicMilliseconds(), Self.key(email))
    let waits = [
      wrongPasswords.here.wait("\(email) \(address.networkKey)", at: now),
      Self.isThisMachine(address) ? nil : wrongPasswords.address.wait(address.networkKey, at: now),
      isKnown ? nil : wrongPasswords.person.wait(email, at: now),
    ]
    try Self.require(waits, "too many wrong passwords; wait, or ask an administrator for a letter")
  }

  func notePassword(isRight: Bool, email: String, from address: String) {
    let (now, email) = (monotonicMilliseconds(), Self.key(email))
    let here = "\(email) \(address.networkKey)"
    if isRight { return wrongPasswords.here.clear(here) }
    wrongPasswords.here.note(here, at: now)
    wrongPasswords.address.note(address.networkKey, at: now)
    wrongPasswords.person.note(email, at: now)
  }

  /// What is longer is nobody's address, whoever tries it.
  private static func key(_ email: String) -> String {
    String(decoding: email.utf8.prefix(maximumEmailByteCount), as: UTF8.self)
  }

  // MARK: - Tokens of letters

  /// Opens something by a token that somebody shows.
  /// - Parameter open: throws 404 for a token that nobody was given.
  /// - Throws: what `open` throws; 429 after too many such tokens.
  func countingWrongTokens<Result>(
    from address: String, _ open: () throws(APIError) -> Result
  ) throws(APIError) -> Result {
    let now = monotonicMilliseconds()
    let wait =
      Self.isThisMachine(address) ? nil : wrongTokens.wait(address.networkKey, at: now)
    try Self.require([wait], "too many wrong tokens; wait, then open the letter again")
    do throws(APIError) { return try open() } catch {
      if error.status == 404 { wrongTokens.note(address.networkKey, at: now) }
      throw error
    }
  }

  // MARK: - Enrolment codes

  /// - Throws: 429 after too many wrong codes, whatever the next one is.
  func requireCodeTry(device: UniqueID, from address: String) throws(APIError) {
    let now = monotonicMilliseconds()
    let waits = [
      wrongCodes.device.wait(device.description, at: now),
      Self.isThisMachine(address) ? nil : wrongCodes.address.wait(address.networkKey, at: now),
    ]
    try Self.require(waits, "too many wrong codes; wait, then ask an administrator for a new one")
  }

  func noteWrongCode(device: UniqueID, from address: String) {
    let now = monotonicMilliseconds()
    wrongCodes.device.note(device.description, at: now)
    wrongCodes.address.note(address.networkKey, at: now)
  }

  private static func require(_ waits: [UInt64?], _ what: String) throws(APIError) {
    guard let wait = waits.compactMap(\.self).max() else { return }
    throw .tooMany(what, waitSeconds: Double(wait) / 1000)
  }
}
