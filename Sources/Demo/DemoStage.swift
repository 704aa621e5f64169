import Causality
import Documents
import JSON
import Laptop
import Platform
import Replica
import Samples
import Server
import Storage
import Transport

/// A server and two laptops on this machine: real directories, real sockets.
final class DemoStage {
  let directory: String
  let laptopA: Laptop
  let laptopB: Laptop
  private let setup: ReplicaSetup
  private let data: ServerData
  private let server: RunningServer
  private let account: UniqueID

  /// Makes the three stores in a directory, starts the server and enrols both laptops.
  init(directory: String, setup: ReplicaSetup) throws {
    self.directory = directory
    self.setup = setup
    data = try ServerData.open("\(directory)/server", setup: setup)
    account = try data.createAccount(name: "Demo clinics", id: nil)
    server = try RunningServer(data: data, settings: ServerSettings(listen: "127.0.0.1:0"))
    let url = "http://\(server.address)"
    laptopA = try Self.laptop(
      "laptop-a", person: "Nadia Field", role: "admin", directory, setup, data, account, url)
    laptopB = try Self.laptop(
      "laptop-b", person: "Tomas Reyes", role: "office_staff", directory, setup, data, account, url)
  }

  /// Makes a user, a store and its enrolment.
  private static func laptop(
    _ name: String, person: String, role: String, _ directory: String, _ setup: ReplicaSetup,
    _ data: ServerData, _ account: UniqueID, _ url: String
  ) throws -> Laptop {
    let email = "\(name)@example.org"
    _ = try data.createUser(
      NewUser(
        account: account,
        fields: ["email": .string(email), "role": .string(role), "name": .string(person)],
        password: nil))
    let replica = try setup.create(
      "\(directory)/\(name)", account: account, isLocalAccount: false, role: .laptop)
    let laptop = Laptop(replica: replica, fileSystem: setup.fileSystem) {
      (url, certificateFile) throws(TransportError) in
      try HTTPSTransport(url: url, certificateFile: certificateFile)
    }
    let code = try data.createCode(account: account, email: email, minutes: 10)
    _ = try laptop.enrol(url: url, code: code, deviceName: name, certificateFile: nil)
    return laptop
  }

  /// The server's own copy.
  func serverReplica() throws -> Replica { try data.replica(of: account) }

  /// Ends everything; the directories stay, with every document in its file.
  func close() {
    server.stop()
    for replica in [laptopA.replica, laptopB.replica, try? serverReplica()].compactMap(\.self) {
      // What cannot be brought into files is in the log.
      _ = try? replica.checkpoint()
    }
    laptopA.replica.store.close()
    laptopB.replica.store.close()
    data.close()
  }
}
