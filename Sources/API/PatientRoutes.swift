import Clinic
import Documents
import HTTP
import JSON
import Replica

/// What can be done with patients besides the five methods.
enum PatientRoutes {
  /// Entries of a list in one request.
  static let mostAtOnce = 1000

  static let routes = [
    Route("POST", "/api/patients/bulk", .staff, "Create many patients", bulk)
      .takes(
        .object([
          "patients": Schema.list(.anything, most: mostAtOnce)
            .saying("each as for POST /api/patients; what is wrong with one is told for it")
        ])
      )
      .takes(upTo: 16 << 20)
      .gives(
        200,
        .object([
          "created": .list(.document("patient")),
          "errors": .list(.object(["index": .count, "error": .problem])),
        ]), "a result for each"),
    Route("POST", "/api/patients/import-csv", .staff, "Import a file of patients", importFile)
      .asks("dry_run", .boolean, "whether only to tell what would happen")
      .takes(.string, as: ["text/csv", "multipart/form-data"]).takes(upTo: 64 << 20)
      .gives(200, report, "what became of the lines"),
    Route("GET", "/api/patients/{id}/timeline", .staff, "The patient's journey", timeline)
      .gives(200, .object(["items": .list(entry)]), "in order of time"),
    Route("POST", "/api/patients/{id}/merge", .staff, "Say that two patients are one", merge)
      .takes(.object(["into": .uuid])).givesDocument("patient").refuses(409),
    Route("POST", "/api/patients/{id}/unmerge", .staff, "Take a merge back", unmerge)
      .givesDocument("patient").refuses(409),
  ]

  private static let report = Schema.object([
    "created": .count, "updated": .count, "unchanged": .count, "deleted": .count,
    "deleted_lines": .list(.count),
    "errors": .list(
      .object(["line": .count, "field": Schema.string.orNull, "problem": .string])),
  ])

  private static let entry = Schema.object(
    ["at": .time, "type": .string, "id": .uuid, "summary": .string],
    optional: ["status": .string])

  @Sendable private static func bulk(_ call: APICall) throws(APIError) -> HTTPResponse {
    try Visibility(call).requireWritable("patient")
    let patients = try Members(call.body()).list("patients", most: mostAtOnce)
    var created: [JSONValue] = []
    var errors: [JSONValue] = []
    for (index, value) in patients.enumerated() {
      do throws(APIError) { created.append(.object(try create(value, call))) } catch {
        guard error.status < 500 else { throw error }
        errors.append(["index": .int(index), "error": error.value])
      }
    }
    return .json(200, ["created": .array(created), "errors": .array(errors)])
  }

  private static func create(
    _ value: JSONValue, _ call: APICall
  ) throws(APIError) -> JSONObject {
    guard let input = value.objectValue else { throw .malformed("this is no object") }
    let document = try answering { () throws(ReplicaError) in
      let key = try call.replica.transact { (transaction) throws(ReplicaError) in
        try call.replica.create(input, type: "patient", in: &transaction)
      }
      return try call.replica.document(key)
    }
    guard let document else { throw .notFound }
    return try call.shown(document)
  }

  @Sendable private static func importFile(_ call: APICall) throws(APIError) -> HTTPResponse {
    try Visibility(call).requireWritable("patient")
    let file = try MultipartFile.content(of: call.request)
    let isDryRun = try call.flag("dry_run") ?? false
    let report = try answering { () throws(ReplicaError) in
      try call.replica.importPatients(file, isDryRun: isDryRun)
    }
    return .object(200, report.value)
  }

  @Sendable private static func timeline(_ call: APICall) throws(APIError) -> HTTPResponse {
    let visibility = try Visibility(call)
    let patient = try call.document(
      DocumentKey(type: "patient", id: try call.id()), visibility)
    let entries = try answering { () throws(ReplicaError) in
      try call.replica.timeline(of: patient.key)
    }
    return .json(200, ["items": .array(entries.map { .object($0) })])
  }

  @Sendable private static func merge(_ call: APICall) throws(APIError) -> HTTPResponse {
    let (patient, visibility) = try writable(call)
    let other = try call.document(
      DocumentKey(type: "patient", id: try Members(call.body()).id("into")), visibility)
    try answering { () throws(ReplicaError) in
      try call.replica.merge(patient.key, into: other.key)
    }
    return try call.answer(200, patient.key)
  }

  @Sendable private static func unmerge(_ call: APICall) throws(APIError) -> HTTPResponse {
    let (patient, _) = try writable(call)
    try answering { () throws(ReplicaError) in try call.replica.unmerge(patient.key) }
    return try call.answer(200, patient.key)
  }

  private static func writable(
    _ call: APICall
  ) throws(APIError) -> (patient: Document, visibility: Visibility) {
    let visibility = try Visibility(call)
    try visibility.requireWritable("patient")
    let key = DocumentKey(type: "patient", id: try call.id())
    return (try call.document(key, visibility), visibility)
  }
}
