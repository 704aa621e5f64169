import Causality
import Documents
import Platform
import Replica
import Synchronization

/// Who may send what: devices by their tokens.
package final class Access: Sendable {
  /// How long an access token holds, in milliseconds.
  static let accessTokenLifetime: UInt64 = 15 * 60_000

  private struct Grant: Sendable {
    let device: UniqueID
    let expiresAt: UInt64
  }

  /// Why a device is refused.
  package enum Refusal: Error, Sendable {
    /// No token, or one that nobody gave out.
    case unknown
    case revoked
    case userDisabled
    case accountSuspended
  }

  private let data: ServerData
  /// Access tokens by their hash; forgotten when the server stops.
  private let grants = Mutex<[String: Grant]>([:])

  package init(data: ServerData) { self.data = data }

  /// A revoked device that has not surrendered what it had not sent, by its refresh token.
  package func surrendering(refreshToken: String?) throws(Refusal) -> DeviceRecord {
    guard let refreshToken else { throw .unknown }
    let hash = Array(data.tokenHash(refreshToken).utf8)
    let device = data.read { registry in
      registry.devices.first { equalInConstantTime(Array($0.tokenHash.utf8), hash) }
    }
    guard let device else { throw .unknown }
    guard device.revokedAt != nil, device.surrenderedAt == nil else { throw .revoked }
    return device
  }

  /// The device that a request comes from, and a new access token if the refresh token had to serve.
  package func device(
    accessToken: String?, refreshToken: String?
  ) throws(Refusal) -> (device: DeviceRecord, newToken: String?) {
    if let accessToken, let id = holder(of: accessToken) {
      return (try admitted { $0.id == id }, nil)
    }
    guard let refreshToken else { throw .unknown }
    let hash = Array(data.tokenHash(refreshToken).utf8)
    let device = try admitted { equalInConstantTime(Array($0.tokenHash.utf8), hash) }
    return (device, newToken(for: device.id))
  }

  private func admitted(
    _ isMeant: (DeviceRecord) -> Bool
  ) throws(Refusal) -> DeviceRecord {
    let (device, isDisabled, isSuspended) = data.read { registry in
      let device = registry.devices.first(where: isMeant)
      let user = registry.credentials.first { $0.user == device?.user }
      let account = registry.accounts.first { $0.id == device?.account }
      return (device, user?.isDisabled ?? true, account?.isSuspended ?? false)
    }
    guard let device else { throw .unknown }
    if device.revokedAt != nil { throw .revoked }
    if isDisabled { throw .userDisabled }
    if isSuspended { throw .accountSuspended }
    return device
  }

  private func holder(of token: String) -> UniqueID? {
    let now = data.setup.world.clock.now()
    let grant = grants.withLock { $0[data.tokenHash(token)] }
    return grant.flatMap { $0.expiresAt > now ? $0.device : nil }
  }

  private func newToken(for device: UniqueID) -> String {
    let token = data.newToken()
    let now = data.setup.world.clock.now()
    let grant = Grant(device: device, expiresAt: now + Self.accessTokenLifetime)
    grants.withLock { grants in
      grants = grants.filter { $0.value.expiresAt > now }
      grants[data.tokenHash(token)] = grant
    }
    return token
  }
}
