import Causality
import Documents
import JSON
import Laptop
import Platform
import Replica
import Storage
import Transport

/// What went wrong, in one line. Nothing was changed.
public struct SatchelError: Error, Sendable, CustomStringConvertible {
  public let description: String
}

/// A clinic's documents on this machine, which sync with a server: the library behind the programs.
///
/// Documents go in and out as JSON text. All methods may be called from any thread; they block. One
/// process at a time has a store open.
public final class ClinicStore: Sendable {
  private let laptop: Laptop
  private var replica: Replica { laptop.replica }

  private init(_ replica: Replica, _ setup: ReplicaSetup) {
    laptop = Laptop(replica: replica, fileSystem: setup.fileSystem) {
      (url, certificateFile) throws(TransportError) in
      try HTTPSTransport(url: url, certificateFile: certificateFile)
    }
  }

  /// Makes an empty store in a new directory. Durable on return.
  /// - Parameter account: the id of a server's account; nil makes a local one.
  public static func create(
    at directory: String, account: String? = nil
  ) throws(SatchelError) -> ClinicStore {
    try told {
      let setup = try ReplicaSetup.system()
      let named = try account.map { text in
        guard let id = UniqueID(text) else { throw SatchelError(description: "\(text) is no id") }
        return id
      }
      let replica = try setup.create(
        directory, account: named ?? setup.newID(), isLocalAccount: named == nil, role: .laptop)
      return ClinicStore(replica, setup)
    }
  }

  /// Opens a store. Throws if there is none, or another program has it open.
  public static func open(at directory: String) throws(SatchelError) -> ClinicStore {
    try told {
      let setup = try ReplicaSetup.system()
      return ClinicStore(try setup.open(directory, role: .laptop), setup)
    }
  }

  /// Gives up the store, so that another program can open it.
  public func close() { replica.store.close() }

  /// Stores a new document.
  /// - Parameter json: an object with the fields of the type; an `id` is made if it has none.
  /// - Returns: the document as it is stored. It is durable.
  /// - Throws: what is wrong with each field.
  public func create(_ type: String, _ json: String) throws(SatchelError) -> String {
    try Self.told {
      let input = try Self.object(json)
      let key = try replica.transact { (transaction) throws(ReplicaError) in
        try replica.create(input, type: type, in: &transaction)
      }
      return try shown(key)
    }
  }

  /// Changes a document by a JSON merge patch (RFC 7396). Only what differs is written.
  /// - Returns: the document as it is stored. It is durable.
  public func update(_ type: String, _ id: String, _ patch: String) throws(SatchelError) -> String {
    try Self.told {
      let patch = try Self.object(patch)
      let key = try replica.find(type: type, named: id)
      try replica.transact { (transaction) throws(ReplicaError) in
        try replica.update(key, patch: patch, in: &transaction)
      }
      return try shown(key)
    }
  }

  /// A document that is not in the trash. The id may be a prefix of 4 or more characters.
  public func document(_ type: String, _ id: String) throws(SatchelError) -> String {
    try Self.told { Self.text(replica.view(try replica.living(type: type, named: id))) }
  }

  /// The documents of a type, oldest first.
  /// - Parameter fields: values that they must have.
  public func documents(_ type: String, where fields: [String: String] = [:]) throws(SatchelError)
    -> [String]
  {
    var query = ListQuery(type: type)
    query.filters = fields.sorted { $0.key < $1.key }.map { (field: $0.key, value: $0.value) }
    let sorted = query
    return try Self.told { try replica.list(sorted).map(Self.text) }
  }

  /// Puts a document into the trash.
  public func delete(_ type: String, _ id: String) throws(SatchelError) {
    try Self.told {
      try replica.delete(try replica.living(type: type, named: id).key, reason: .mistake)
    }
  }

  /// Brings a document back from the trash.
  public func restore(_ type: String, _ id: String) throws(SatchelError) {
    try Self.told { try replica.restore(try replica.find(type: type, named: id)) }
  }

  /// Joins the store to an account of a server by a one-time code.
  public func enroll(server: String, code: String, device: String) throws(SatchelError) {
    try Self.told {
      _ = try laptop.enrol(url: server, code: code, deviceName: device, certificateFile: nil)
    }
  }

  /// Sends what the server lacks and fetches what this store lacks.
  /// - Returns: the numbers of documents sent and fetched.
  /// - Throws: if the server cannot be reached or refuses; nothing is lost, try again later.
  @discardableResult
  public func sync() throws(SatchelError) -> (pushed: Int, pulled: Int) {
    try Self.told {
      let report = try laptop.syncOnce(url: nil)
      return (report.pushed, report.pulled)
    }
  }

  // MARK: - Text

  private func shown(_ key: DocumentKey) throws -> String {
    guard let document = try replica.document(key) else {
      throw ReplicaError.notFound(type: key.type, name: key.id.description)
    }
    return Self.text(replica.view(document))
  }

  private static func text(_ object: JSONObject) -> String {
    String(decoding: JSONValue.object(object).bytes, as: UTF8.self)
  }

  private static func object(_ text: String) throws -> JSONObject {
    guard let object = try JSONValue(parsing: Array(text.utf8)).objectValue else {
      throw SatchelError(description: "the text is no JSON object")
    }
    return object
  }

  private static func told<Result>(
    _ body: () throws -> Result
  ) throws(SatchelError) -> Result {
    do { return try body() } catch let error as SatchelError {
      throw error
    } catch {
      throw SatchelError(description: "\(error)")
    }
  }
}
