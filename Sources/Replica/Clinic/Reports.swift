package import Causality
package import Clinic
package import Documents
package import JSON

/// The three reports on risk assessments, invites and tests. Each has the columns, filters and order that a
/// clinic knows from its earlier system; what has no time comes last.
extension Replica {
  package enum Report: String, CaseIterable, Sendable {
    case riskAssessmentStatus = "risk-assessment-status"
    case pendingInvitations = "pending-invitations"
    case labOrderStatus = "lab-order-status"
  }

  /// The rows of a report. O(documents of its types).
  /// - Parameters:
  ///   - provider: the clinician whose patients it is about; nil for all.
  ///   - isVisible: whether the one who asks may see a document.
  package func rows(
    of report: Report, provider: UniqueID?,
    where isVisible: @escaping @Sendable (MergedClinic, Document) -> Bool
  ) throws(ReplicaError) -> [JSONObject] {
    let source = ReportSource(self, isVisible)
    return switch report {
    case .riskAssessmentStatus: try source.assessments(provider)
    case .pendingInvitations: try source.invitations(provider, now: now())
    case .labOrderStatus: try source.tests(provider)
    }
  }
}

/// Reads documents for reports, and joins them.
private struct ReportSource {
  private typealias Row = (order: String?, row: JSONObject)

  private let replica: Replica
  private let isVisible: @Sendable (MergedClinic, Document) -> Bool

  init(_ replica: Replica, _ isVisible: @escaping @Sendable (MergedClinic, Document) -> Bool) {
    (self.replica, self.isVisible) = (replica, isVisible)
  }

  /// Patients with their finished assessments and what came of them.
  func assessments(_ provider: UniqueID?) throws(ReplicaError) -> [JSONObject] {
    let chats = try byField("patient_id", of: documents("chat_session")) {
      $0["status"]?.stringValue == "completed"
    }
    let results = try byField("patient_id", of: documents("eligibility_result")) { _ in true }
    var rows: [Row] = []
    for patient in try documents("patient") where patient.isOf(provider) {
      let id = patient["id"]?.stringValue ?? ""
      for chat in Self.orNothing(chats[id]) {
        for result in Self.orNothing(results[id]) {
          rows.append(
            (
              chat?["completed_at"]?.stringValue,
              [
                "id": .string(id), "first_name": patient["first_name"] ?? .null,
                "last_name": patient["last_name"] ?? .null,
                "chat_status": chat?["status"] ?? .null,
                "is_eligible": result?["is_eligible"] ?? .null,
              ]
            ))
        }
      }
    }
    return Self.latestFirst(rows)
  }

  /// Invites that can be accepted still, of clinicians who are here.
  func invitations(_ provider: UniqueID?, now: UInt64) throws(ReplicaError) -> [JSONObject] {
    let users = try byID(documents("user", isForAll: true))
    var rows: [Row] = []
    for invite in try documents("invite") where invite.isOf(provider) {
      guard invite["status"]?.stringValue == "pending",
        let user = invite["clinician_id"]?.stringValue.flatMap({ users[$0] }),
        let end = invite["expires_at"]?.stringValue.flatMap(Timestamp.milliseconds), end > now
      else { continue }
      var row = JSONObject()
      // An imported invite was made before it came here.
      let created = invite[LegacyInvite.createdAt] ?? invite["created_at"]
      for name in ["id", "email", "first_name", "last_name", "created_at", "expires_at"] {
        row.append(name, (name == "created_at" ? created : invite[name]) ?? .null)
      }
      row.append("provider_first_name", user["first_name"] ?? .null)
      row.append("provider_last_name", user["last_name"] ?? .null)
      rows.append((created?.stringValue, row))
    }
    return Self.latestFirst(rows)
  }

  /// Tests that were ordered, with their results.
  func tests(_ provider: UniqueID?) throws(ReplicaError) -> [JSONObject] {
    let patients = try byID(documents("patient"))
    let results = try byField("order_id", of: documents("lab_result", isForAll: true)) { _ in true }
    var rows: [Row] = []
    for order in try documents("lab_order") where order.isOf(provider) {
      guard let patient = order["patient_id"]?.stringValue.flatMap({ patients[$0] }) else {
        continue
      }
      for result in Self.orNothing(results[order["id"]?.stringValue ?? ""]) {
        rows.append(
          (
            order["ordered_at"]?.stringValue,
            [
              "id": order["id"] ?? .null, "first_name": patient["first_name"] ?? .null,
              "last_name": patient["last_name"] ?? .null, "test_type": order["test_type"] ?? .null,
              "status": order["status"] ?? .null, "ordered_at": order["ordered_at"] ?? .null,
              "result_status": result?["status"] ?? .null,
            ]
          ))
      }
    }
    return Self.latestFirst(rows)
  }

  // MARK: - Joining

  private func documents(
    _ type: String, isForAll: Bool = false
  ) throws(ReplicaError) -> [JSONObject] {
    try replica.documents(matching: ListQuery(type: type)) { clinic, document in
      isForAll || isVisible(clinic, document)
    }.map { replica.view($0) }
  }

  private func byID(_ documents: [JSONObject]) -> [String: JSONObject] {
    Dictionary(
      documents.map { ($0["id"]?.stringValue ?? "", $0) }, uniquingKeysWith: { first, _ in first })
  }

  private func byField(
    _ field: String, of documents: [JSONObject], where isMeant: (JSONObject) -> Bool
  ) -> [String: [JSONObject]] {
    Dictionary(grouping: documents.filter(isMeant)) { $0[field]?.stringValue ?? "" }
  }

  /// What an outer join has on its other side: nothing, once, where there is nothing.
  private static func orNothing(_ found: [JSONObject]?) -> [JSONObject?] {
    guard let found else { return [nil] }
    return found
  }

  /// In the order in which they came where they are alike.
  private static func latestFirst(_ rows: [Row]) -> [JSONObject] {
    rows.enumerated().sorted { a, b in
      switch (a.element.order, b.element.order) {
      case (let x?, let y?) where !utf8Equal(x, y): utf8Less(y, x)
      case (.some, nil): true
      case (nil, .some): false
      default: a.offset < b.offset
      }
    }.map(\.element.row)
  }
}

extension JSONObject {
  /// Whether a document is a clinician's; of nobody in particular it is everybody's.
  fileprivate func isOf(_ provider: UniqueID?) -> Bool {
    guard let provider else { return true }
    let named = self["clinician_id"] ?? self["provider_id"]
    return named?.stringValue.flatMap { UniqueID($0) } == provider
  }
}
