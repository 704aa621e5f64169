import API
import Causality
import HTTP
import JSON
import Platform
import Replica
import SyncProtocol

/// People who log in on laptops that several share: the server checks who they are once, and gives the laptop what
/// it needs to do so without a network.
struct DeviceLogins: Sendable {
  /// So many people share a laptop at most.
  static let mostPeople = 100

  let data: ServerData
  let logins: Logins

  /// Checks a password, and gives what the laptop checks it with from then on. Durable on return.
  func answer(_ request: HTTPRequest, from device: DeviceRecord) -> HTTPResponse {
    do throws(APIError) {
      return try logIn(request, device)
    } catch {
      if error.code == "wrong_password" {
        data.audit.note(
          AuditEntry(
            .loginFailed, account: device.account, device: device.id, peer: request.peer))
      }
      return error.response
    }
  }

  private func logIn(
    _ request: HTTPRequest, _ device: DeviceRecord
  ) throws(APIError) -> HTTPResponse {
    let body = try Members(parsing: request.body)
    let password = try body.text("password")
    let (credential, user) = try logins.person(
      email: try body.text("email"), password: password, in: device.account, from: request.peer)
    guard let cryptography = try? Cryptography.load(),
      let verifier = PasswordVerifier.make(
        password, cryptography, random: data.setup.world.random)
    else {
      throw APIError(503, "unavailable", "the server lacks memory now; try again later")
    }
    try onServer { () throws(ServerError) in
      try data.note(person: credential.user, on: device.id)
    }
    data.audit.note(
      AuditEntry(
        .deviceLogin, account: device.account, user: credential.user, device: device.id,
        peer: request.peer))
    let person = Person(
      user: credential.user, email: credential.email, name: user["name"]?.stringValue ?? "",
      generation: credential.loginGeneration, verifier: verifier)
    return .json(200, .object(person.object))
  }

  /// The people of a device as they are now, if it has another list.
  func news(for device: DeviceRecord, _ request: HTTPRequest) -> String? {
    guard let name = request.headers[SyncProtocolVersion.peopleHeaderName] else { return nil }
    let people = Set(device.people)
    let list = data.read { registry in
      PeopleList(
        Dictionary(
          registry.credentials
            .filter {
              $0.account == device.account && people.contains($0.user) && !$0.isDisabled
            }
            .map { ($0.user, $0.loginGeneration) }, uniquingKeysWith: { $1 }))
    }
    return list.name(data.setup.world.digest) == name ? nil : list.text
  }
}

extension ServerData {
  /// Notes that a person writes on a device from now on. Durable on return.
  /// - Throws: `refused` if too many do.
  fileprivate func note(person: UniqueID, on device: UniqueID) throws(ServerError) {
    try update { (registry) throws(ServerError) in
      guard let place = registry.devices.firstIndex(where: { $0.id == device }) else {
        throw .notFound("no device \(device)")
      }
      if registry.devices[place].people.contains(person) { return }
      guard registry.devices[place].people.count < DeviceLogins.mostPeople else {
        throw .refused(
          "\(DeviceLogins.mostPeople) people share this laptop already; enrol it anew to begin again"
        )
      }
      registry.devices[place].people.append(person)
    }
  }
}
