import Causality
import Documents
import Platform
import Replica
import SyncProtocol

/// Who may send what: devices by their tokens.
package final class Access: Sendable {
  /// How long an access token holds, in milliseconds.
  static let accessTokenLifetime: UInt64 = 15 * 60_000

  /// Why a device is refused.
  enum Refusal: Error, Sendable {
    /// No token, or one that nobody gave out.
    case unknown
    /// Somebody used the token before, and its successor: there are two who have it.
    case copied
    case revoked(DeviceRecord)
    /// The device takes part, and asks for what only a revoked one may.
    case notRevoked
    case userDisabled
    case accountSuspended
    /// The server cannot note what it must.
    case unavailable
  }

  /// What a device shows.
  struct Credentials: Sendable {
    var accessToken: String?
    var refreshToken: String?
  }

  /// A device that may send something, and what it gets for a token that served.
  struct Admission: Sendable {
    let device: DeviceRecord
    var newAccessToken: String?
    var newRefreshToken: String?
  }

  private let data: ServerData
  private var tokens: DeviceTokens { data.deviceTokens }

  package init(data: ServerData) { self.data = data }

  private var now: UInt64 { data.setup.world.clock.now() }

  /// The device that shows something, before it is let in. Reads memory only.
  func device(_ shown: Credentials) throws(Refusal) -> DeviceRecord {
    if let family = accessFamily(shown) { return try admitted(family) }
    return try admitted(try refreshToken(shown).family)
  }

  /// Lets a device in, and gives it new tokens for a refresh token. Durable on return.
  func admit(_ shown: Credentials) throws(Refusal) -> Admission {
    guard let family = accessFamily(shown) else { return try used(try refreshToken(shown)) }
    let device = try admitted(family)
    // One whose user was disabled for a while may have to surrender something again one day.
    if device.surrenderedAt != nil { try forgetSurrender(of: device.id) }
    return Admission(device: device)
  }

  private func forgetSurrender(of device: UniqueID) throws(Refusal) {
    do {
      try data.update { (registry) throws(ServerError) in
        for place in registry.devices.indices where registry.devices[place].id == device {
          registry.devices[place].surrenderedAt = nil
        }
      }
    } catch {
      throw .unavailable
    }
  }

  /// Lets a device in that waits for long: a refresh token is good for that without being used up.
  func admitToWait(_ shown: Credentials) throws(Refusal) -> DeviceRecord {
    let device = try device(shown)
    if accessFamily(shown) != nil { return device }
    let token = try refreshToken(shown)
    guard case .good = device.credentials.verdict(on: token.number, token.nonce) else {
      return try used(token).device
    }
    return device
  }

  /// A device that was revoked, or whose user is disabled, and that has not surrendered what it had not sent.
  func surrendering(_ shown: Credentials) throws(Refusal) -> DeviceRecord {
    let device = try known(shown)
    if device.revokedAt != nil {
      guard device.surrenderedAt == nil else { throw .revoked(device) }
      return device
    }
    do throws(Refusal) { _ = try admitted(device.credentials.family) } catch .userDisabled {
      guard device.surrenderedAt == nil else { throw .userDisabled }
      return device
    }
    throw .notRevoked
  }

  /// A revoked device.
  func revoked(_ shown: Credentials) throws(Refusal) -> DeviceRecord {
    let device = try known(shown)
    guard device.revokedAt != nil else { throw .notRevoked }
    return device
  }

  private func known(_ shown: Credentials) throws(Refusal) -> DeviceRecord {
    let family: UniqueID
    if let found = accessFamily(shown) {
      family = found
    } else {
      family = try refreshToken(shown).family
    }
    guard let device = record(family) else { throw .unknown }
    return device
  }

  private func accessFamily(_ shown: Credentials) -> UniqueID? {
    shown.accessToken.flatMap { tokens.family(ofAccess: $0, at: now) }
  }

  private func refreshToken(_ shown: Credentials) throws(Refusal) -> DeviceTokens.Refresh {
    guard let token = shown.refreshToken.flatMap(tokens.refresh) else { throw .unknown }
    return token
  }

  private func record(_ family: UniqueID) -> DeviceRecord? {
    data.read { registry in registry.devices.first { $0.credentials.family == family } }
  }

  private func admitted(_ family: UniqueID) throws(Refusal) -> DeviceRecord {
    let (device, isDisabled, isSuspended) = data.read { registry in
      let device = registry.devices.first { $0.credentials.family == family }
      let user = device.flatMap { device in
        registry.credentials.first { $0.isOf(device.user, in: device.account) }
      }
      let account = registry.accounts.first { $0.id == device?.account }
      return (device, user?.isDisabled ?? true, account?.isSuspended ?? false)
    }
    guard let device else { throw .unknown }
    if device.revokedAt != nil { throw .revoked(device) }
    if device.credentials.isCopied { throw .copied }
    if isDisabled { throw .userDisabled }
    if isSuspended { throw .accountSuspended }
    return device
  }

  /// Uses a refresh token up and gives others for it. One that was used before ends the enrolment (RFC 9700,
  /// section 4.14.2). Durable on return.
  private func used(_ token: DeviceTokens.Refresh) throws(Refusal) -> Admission {
    _ = try admitted(token.family)
    let device: DeviceRecord?
    do {
      device = try data.update { (registry) throws(ServerError) in
        registry.use(token)
      }
    } catch {
      throw .unavailable
    }
    guard let device else { throw .unknown }
    if device.credentials.isCopied {
      data.audit.note(
        AuditEntry(.copiedToken, account: device.account, user: device.user, device: device.id))
      throw .copied
    }
    return Admission(
      device: device,
      newAccessToken: tokens.accessText(
        of: token.family, expiresAt: now + Self.accessTokenLifetime),
      newRefreshToken: data.newRefreshToken(of: device.credentials))
  }
}

extension Registry {
  /// - Returns: the device; nil if it was enrolled anew meanwhile.
  fileprivate mutating func use(_ token: DeviceTokens.Refresh) -> DeviceRecord? {
    guard let place = devices.firstIndex(where: { $0.credentials.family == token.family }) else {
      return nil
    }
    switch devices[place].credentials.verdict(on: token.number, token.nonce) {
    case .good:
      devices[place].credentials.use(token.number, token.nonce)
      devices[place].surrenderedAt = nil
    case .copied: devices[place].credentials.noteCopy()
    }
    return devices[place]
  }
}
