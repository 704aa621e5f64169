import Clinic
import Documents
import HTTP
import JSON
import Replica

/// The five methods that all types have.
struct DocumentRoutes: Sendable {
  private let type: TypeDefinition
  private let place: TypePath
  /// Nil for types that no server keeps more of, and on a laptop.
  private let keeping: (any AccountKeeping)?
  private var root: String { "/api/\(place.path)" }

  init(_ type: TypeDefinition, _ place: TypePath, _ keeping: (any AccountKeeping)?) {
    (self.type, self.place) = (type, place)
    self.keeping = ["user", "account"].contains(type.name) ? keeping : nil
  }

  var routes: [Route] {
    if place.isReadOnly { return reading }
    return type.isAppendOnly ? reading + [creating] : reading + [creating] + changing
  }

  private var reading: [Route] {
    let name = type.plural
    let list = Route("GET", root, .user, "List \(name)") { [self] (call) throws(APIError) in
      try self.list(call)
    }
    let get = Route("GET", "\(root)/{id}", .user, "One of the \(name)") {
      [self] (call) throws(APIError) in try self.get(call)
    }
    return [
      Listing.describe(list, of: type).gives(200, .page(.document(type.name)), "a part of the list")
        .isFor(Visibility.readers(of: type.name)),
      // Everybody may see himself.
      get.givesDocument(type.name)
        .isFor(type.name == "user" ? Role.allCases : Visibility.readers(of: type.name)),
    ]
  }

  private var creating: Route {
    Route("POST", root, .staff, "Create one") { [self] (call) throws(APIError) in try create(call) }
      .takes(.named(TypeSchemas.nameOfNew(type.name))).takes(upTo: Self.maximumByteCount)
      .givesDocument(type.name, status: 201)
      .refuses(409).isFor(Visibility.writers(of: type.name))
  }

  private var changing: [Route] {
    let put = Route("PUT", "\(root)/{id}", .staff, "Replace what people can write of it") {
      [self] (call) throws(APIError) in try update(call, isReplacement: true)
    }
    let patch = Route("PATCH", "\(root)/{id}", .staff, "Change it by a merge patch") {
      [self] (call) throws(APIError) in try update(call, isReplacement: false)
    }
    let delete = Route("DELETE", "\(root)/{id}", .staff, "Put it into the trash") {
      [self] (call) throws(APIError) in try self.delete(call)
    }
    let reasons = Schema.oneOf(DeleteReason.allCases.map(\.rawValue))
    return [
      put.takes(.named(TypeSchemas.nameOfReplacement(type.name))).givesDocument(type.name),
      patch.takes(
        .named(TypeSchemas.nameOfPatch(type.name)),
        as: ["application/json", "application/merge-patch+json"]
      ).givesDocument(type.name),
      delete.asks("reason", reasons, "why; mistake without it").gives(204, "done"),
    ].map {
      $0.takes(upTo: Self.maximumByteCount).honoursIfMatch().refuses(409).isFor(
        Visibility.writers(of: type.name))
    }
  }

  /// Of one document: a field has at most 4 MiB.
  private static let maximumByteCount = 8 << 20

  private func key(_ call: APICall) throws(APIError) -> DocumentKey {
    DocumentKey(type: type.name, id: try call.id())
  }

  private func list(_ call: APICall) throws(APIError) -> HTTPResponse {
    try Listing(type: type, call).response()
  }

  private func get(_ call: APICall) throws(APIError) -> HTTPResponse {
    let visibility = try Visibility(call)
    let key = try key(call)
    let isSelf = key.type == "user" && key.id == call.caller.user
    if !isSelf { try visibility.requireReadable(type.name) }
    return try call.answer(200, try call.document(key, visibility))
  }

  private func create(_ call: APICall) throws(APIError) -> HTTPResponse {
    let visibility = try Visibility(call)
    try visibility.requireWritable(type.name)
    let input = try call.body()
    try visibility.requireAllowed(input, type.name)
    return try call.answer(201, try make(input, call))
  }

  private func make(_ input: JSONObject, _ call: APICall) throws(APIError) -> DocumentKey {
    if type.name == "user", let keeping {
      return try keeping.createUser(input, in: call.replica)
    }
    return try writing { () throws(ReplicaError) in
      try call.replica.transact { (transaction) throws(ReplicaError) in
        try call.replica.make(input, type: type.name, in: &transaction)
      }
    }
  }

  private func update(_ call: APICall, isReplacement: Bool) throws(APIError) -> HTTPResponse {
    let visibility = try Visibility(call)
    try visibility.requireWritable(type.name)
    let document = try call.document(try key(call), visibility)
    var patch = try call.body()
    try call.requireMatch(document)
    try visibility.requireChangeable(document, in: call.replica)
    try visibility.requireAllowed(patch, type.name)
    if isReplacement { addWhatIsAbsent(to: &patch) }
    try keeping?.requireChange(of: document.key, by: patch, in: call.replica)
    _ = try writing { () throws(ReplicaError) in
      try call.replica.transact { (transaction) throws(ReplicaError) in
        try call.replica.change(document.key, patch: patch, in: &transaction)
      }
    }
    try keeping?.noteChange(of: document.key, in: call.replica)
    return try call.answer(200, document.key)
  }

  /// What is not found while a document is written is another one: it is no answer to the path.
  private func writing<Result>(
    _ operation: () throws(ReplicaError) -> Result
  ) throws(APIError) -> Result {
    do throws(APIError) { return try answering(operation) } catch {
      throw error.status == 404 ? APIError(409, "conflict", error.message) : error
    }
  }

  /// What a replacement does not name goes. Not so what always has a value, such as a status, what the
  /// program fills in, and fields that this version does not know: whoever leaves them out may not know
  /// them either.
  private func addWhatIsAbsent(to patch: inout JSONObject) {
    for field in type.fields
    where field.use == .stored && field.defaultValue == nil && !Self.filledIn.contains(field.name) {
      let names = [field.name] + field.aliases
      if names.contains(where: { patch[$0] != nil }) { continue }
      patch.append(field.name, .null)
    }
  }

  private static let filledIn: Set<String> = [
    "end_time", "time_zone", "utc_offset_minutes", "confirmation_code", "cancellation",
    "rescheduled_to", "legacy_status", "role_source",
  ]

  private func delete(_ call: APICall) throws(APIError) -> HTTPResponse {
    let visibility = try Visibility(call)
    try visibility.requireWritable(type.name)
    let document = try call.document(try key(call), visibility)
    try call.requireMatch(document)
    try visibility.requireChangeable(document, in: call.replica)
    let text = call.query("reason") ?? DeleteReason.mistake.rawValue
    guard let reason = DeleteReason(rawValue: text) else {
      let all = DeleteReason.allCases.map(\.rawValue).joined(separator: ", ")
      throw .invalid("reason", "is none of \(all)")
    }
    if reason == .erasure, !call.caller.role.isAdministrator {
      throw .forbidden("only administrators ask for an erasure")
    }
    try answering { () throws(ReplicaError) in
      try call.replica.delete(document.key, reason: reason)
    }
    try keeping?.noteChange(of: document.key, in: call.replica)
    return HTTPResponse(status: 204)
  }
}
