import Causality
package import Clinic
import Documents
package import JSON
import Platform
import Storage

extension Replica {
  /// What people should decide: urgent first, then by id. The same on every replica with the same
  /// documents. O(documents) when it is first asked, then what has changed since.
  package func reviewItems() throws(ReplicaError) -> [ReviewItem] { try reviewList.items(self) }

  /// An item by its id, or the beginning of it, of 4 or more characters.
  /// - Throws: `notFound`, `ambiguous`.
  package func reviewItem(named id: String) throws(ReplicaError) -> ReviewItem {
    try Self.item(named: id, among: try reviewItems())
  }

  /// Settles a conflict with one of its sides, counted from 1. Replaces exactly the values that the
  /// item shows; one that came since stays beside it. Durable on return.
  /// - Parameter item: its id, or the beginning of it, of 4 or more characters.
  /// - Throws: `notFound`, `ambiguous`; `conflict` if the item has no such side, is about whole
  ///   documents, or has changed meanwhile: look at it again.
  package func resolve(
    item id: String, keep side: Int, reason: String? = nil
  ) throws(ReplicaError) {
    try resolve(id, reason) { (item, _, transaction) throws(ReplicaError) in
      guard item.subject != nil else { throw Self.hasNoValues(item) }
      let name = ReviewAction.keep(side)
      guard let action = item.actions.first(where: { $0.name == name }) else {
        throw .conflict("item \(item.id) has \(item.sides.count) sides, counted from 1")
      }
      for step in action.steps { try Self.carryOut(step, &transaction) }
      return name
    }
  }

  /// Settles a conflict with another value than its sides. Durable on return.
  /// - Parameter value: as in `sides`: of a unit of several fields an object of them.
  /// - Throws: as with a side; `invalid` if the value breaks the rules of the document's type.
  package func resolve(
    item id: String, value: JSONValue, reason: String? = nil
  ) throws(ReplicaError) {
    try resolve(id, reason) { (item, validator, transaction) throws(ReplicaError) in
      let checked = try self.checked(value, for: item, validator, transaction)
      guard let key = item.subject else { throw Self.hasNoValues(item) }
      try transaction.resolve(key, checked, replacing: item.versions, seeing: item.lateDots)
      return "value"
    }
  }

  /// Carries out one of an item's actions. Durable on return.
  /// - Throws: as with a side; `conflict` if the item has no such action.
  package func resolve(
    item id: String, action: String, reason: String? = nil
  ) throws(ReplicaError) {
    try resolve(id, reason) { (item, _, transaction) throws(ReplicaError) in
      guard item.actions.contains(where: { $0.name == action }) else {
        let names = item.actions.map(\.name).joined(separator: ", ")
        throw .conflict("item \(item.id) has no action \(action.prefix(40)); it has \(names)")
      }
      for step in item.actions.first(where: { $0.name == action })?.steps ?? [] {
        try Self.carryOut(step, &transaction)
      }
      return action
    }
  }

  // MARK: - Steps

  /// Decides an item and keeps the decision, in one transaction.
  /// - Parameter decide: writes, and gives the name of what was done.
  private func resolve(
    _ id: String, _ reason: String?,
    _ decide: (ReviewItem, Validator, inout LocalTransaction) throws(ReplicaError) -> String
  ) throws(ReplicaError) {
    let seen = store.read { $0.knowledge }
    let item = try Self.item(named: id, among: try reviewItems())
    let validator = self.validator()
    let ids = StableID(account: account, functions: world.clinic)
    try transact { (transaction) throws(ReplicaError) in
      for key in item.documents {
        guard try transaction.document(key)?.clock.isCovered(by: seen) ?? true else {
          throw .conflict("\(key) has changed meanwhile: look at the item again")
        }
      }
      let action = try decide(item, validator, &transaction)
      let by = try transaction.authorUser().flatMap { transaction.fields($0)["name"]?.stringValue }
      let fields = ReviewDecision.fields(of: item, action: action, reason: reason, by: by)
      let key = ReviewDecision.key(of: item, ids: ids)
      let checked = try normalised(
        fields, type: key.type, mode: .create, ["id": .string(key.id.description)], validator)
      try transaction.set(key, to: checked)
    }
  }

  private static func item(
    named id: String, among items: [ReviewItem]
  ) throws(ReplicaError) -> ReviewItem {
    let named = id.utf8.count < 4 ? [] : items.filter { $0.id.hasPrefix(id.lowercased()) }
    guard let item = named.first else { throw .notFound(type: "review item", name: id) }
    guard named.count == 1 else {
      throw .ambiguous(name: id, candidates: named.map(\.id))
    }
    return item
  }

  private static func carryOut(
    _ step: ReviewStep, _ transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    switch step {
    case .write(let key, let value, let replacing, let late):
      try transaction.resolve(key, value, replacing: replacing, seeing: late)
    case .undelete(let key): try transaction.undelete(key)
    case .delete(let key, let reason): try transaction.delete(key, reason: reason)
    }
  }

  /// A typed value in the form in which it is kept.
  private func checked(
    _ value: JSONValue, for item: ReviewItem, _ validator: Validator,
    _ transaction: LocalTransaction
  ) throws(ReplicaError) -> UnitValue {
    guard let key = item.subject, let document = try transaction.document(key)
    else { throw Self.hasNoValues(item) }
    guard let wanted = item.unitValue(value, rules) else {
      throw .conflict("the value must be an object of the fields of \(item.unit ?? "the unit")")
    }
    let before = transaction.fields(document)
    let rule = rules.type(key.type).unit(named: wanted.unit)
    // Elements of sets and keys of maps have no rules of their own.
    guard rule.shape == .fields else { return wanted }
    for member in wanted.value.members where !rule.fields.contains(member.key) {
      let problem = FieldProblem(member.key, "does not belong to \(wanted.unit)")
      throw .invalid(type: key.type, ValidationFailure([problem]))
    }
    var patch = wanted.value
    for field in rule.fields where patch[field] == nil && before[field] != nil {
      patch[field] = .null
    }
    let after = try normalised(
      patch, type: key.type, mode: .update(existing: before), envelope(of: document), validator)
    var checked = JSONObject()
    for field in rule.fields { checked[field] = after[field] }
    return UnitValue(unit: wanted.unit, value: checked)
  }

  private static func hasNoValues(_ item: ReviewItem) -> ReplicaError {
    let names = item.actions.map(\.name).joined(separator: ", ")
    return .conflict("item \(item.id) has no values to choose from; its actions are \(names)")
  }
}
