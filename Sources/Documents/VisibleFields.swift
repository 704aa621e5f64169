package import JSON

extension Document {
  /// The fields that a person sees: of each unit the visible version, in schema order; fields that
  /// the type does not name follow in the order of their bytes. Says nothing of deletion.
  /// O(fields log fields).
  package func visibleFields(_ rules: TypeRules) -> JSONObject {
    var fields: [(rank: Int, member: JSONMember)] = []
    for unit in contentUnits {
      guard let shown = rules.shown(unit) else { continue }
      for member in shown.value.members {
        Self.merge(member, into: &fields, rank: rules.rank(ofField: member.key))
      }
    }
    fields.sort { a, b in
      a.rank != b.rank ? a.rank < b.rank : utf8Less(a.member.key, b.member.key)
    }
    return JSONObject(members: fields.map(\.member))
  }

  /// The visible value of one field; nil if it has none. Cheaper than all of them, for a field that is
  /// neither a set nor a map. O(units).
  package func visibleValue(of field: String, _ rules: TypeRules) -> JSONValue? {
    for unit in contentUnits {
      if let value = rules.shown(unit)?.value[field] { return value }
    }
    return nil
  }

  /// Elements of a set and keys of a map are units of their own that share one field.
  private static func merge(
    _ member: JSONMember, into fields: inout [(rank: Int, member: JSONMember)], rank: Int
  ) {
    guard let index = fields.firstIndex(where: { utf8Equal($0.member.key, member.key) }) else {
      fields.append((rank, member))
      return
    }
    switch (fields[index].member.value, member.value) {
    case (.object(var whole), .object(let part)):
      for entry in part.members { whole[entry.key] = entry.value }
      fields[index].member.value = .object(whole)
    case (.array(let whole), .array(let part)):
      fields[index].member.value = .array(whole + part)
    default:
      break
    }
  }

  /// The newest visible version of the content: its time and author are the document's
  /// `updated_at` and `updated_by`. Nil if there is no content.
  package func newestWrite(_ rules: TypeRules) -> Write? {
    contentUnits.compactMap { rules.shown($0)?.write }.max(by: Write.ranksBefore)
  }
}
