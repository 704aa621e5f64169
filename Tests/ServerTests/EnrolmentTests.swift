import Causality
import Replica
import Testing

@testable import Server

/// Which device a code lets in, and in whose place.
@Suite struct EnrolmentTests {
  private static let nurse = "nurse@example.org"
  let server: TestServer

  init() throws { server = try TestServer() }

  private func device(_ id: UniqueID) throws -> DeviceRecord {
    try #require(server.data.read { registry in registry.devices.first { $0.id == id } })
  }

  @Test func `a device takes another person's place only if it shows that it is the same`() throws {
    let nurse = try server.makeUser(Self.nurse)
    let first = try server.enrol(try server.code())
    let (id, owner) = (first.device.id, first.device.user)
    let code = try server.code(for: Self.nurse)
    #expect(throws: ServerError.self) { try server.enrol(code, device: id) }
    #expect(throws: ServerError.self) { try server.enrol(code, device: id, token: "x") }
    let other = try server.enrol(try server.code())
    #expect(throws: ServerError.self) {
      try server.enrol(code, device: id, token: other.refreshToken)
    }
    #expect(try device(id).user == owner)
    let again = try server.enrol(code, device: id, token: first.refreshToken)
    #expect(again.device.user == nurse && again.device.formerUsers == [owner])
  }

  @Test
  func `a device that is revoked is anybody's, who writes nothing in the name of those before`()
    throws
  {
    let nurse = try server.makeUser(Self.nurse)
    let first = try server.enrol(try server.code())
    _ = try server.data.revokeDevice(first.device.id.description, wipe: nil)
    let again = try server.enrol(try server.code(for: Self.nurse), device: first.device.id)
    #expect(again.device.user == nurse && again.device.formerUsers.isEmpty)
  }

  @Test func `the same person enrols a device again without any proof`() throws {
    let first = try server.enrol(try server.code())
    let again = try server.enrol(try server.code(), device: first.device.id)
    #expect(again.device.user == first.device.user && again.device.formerUsers.isEmpty)
    #expect(again.device.replicas.count == 2)
  }

  @Test func `nobody writes as the server`() throws {
    let own = try server.data.replica(of: server.account).id
    let code = try server.code()
    #expect(throws: ServerError.self) { try server.enrol(code, replica: own) }
    #expect(server.data.read(\.devices).isEmpty)
    _ = try server.enrol(code)
  }

  @Test func `a device adopts many ids at once, nobody's, and not without end`() throws {
    let (one, other) = (try server.enrol(try server.code()), try server.enrol(try server.code()))
    let (id, data) = (one.device.id, server.data)
    let new = (0..<3).map { _ in server.setup.newID() }
    try data.adopt(new + one.device.replicas, by: id)
    #expect(try device(id).replicas == one.device.replicas + new)
    #expect(throws: ServerError.self) {
      try data.adopt([server.setup.newID()] + other.device.replicas, by: id)
    }
    #expect(try device(id).replicas.count == 4)
    let rest = ServerData.mostReplicasOfDevice - 4
    try data.adopt((0..<rest).map { _ in server.setup.newID() }, by: id)
    #expect(throws: ServerError.self) { try data.adopt([server.setup.newID()], by: id) }
    #expect(try device(id).replicas.count == ServerData.mostReplicasOfDevice)
  }

  @Test func `a login notes its network, the latest eight`() throws {
    var credential = try #require(server.data.read(\.credentials).first)
    let isNew = (0..<10).map { credential.note(network: "\($0)") }
    #expect(isNew.allSatisfy(\.self) && credential.networks.count == 8)
    let (isNineNew, isZeroNew) = (credential.note(network: "9"), credential.note(network: "0"))
    #expect(!isNineNew && isZeroNew)
    let noted = credential
    _ = try server.data.update { (registry) throws(ServerError) in
      registry.credentials[0] = noted
    }
    try server.reopen()
    #expect(server.data.read(\.credentials).first?.networks == credential.networks)
  }
}
