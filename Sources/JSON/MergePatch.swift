extension JSONValue {
  /// This value after a JSON merge patch (RFC 7396): null removes a member, an object is merged, all
  /// else replaces. Existing keys keep their places, new ones are appended. O(size of both).
  package func applyingMergePatch(_ patch: JSONValue) -> JSONValue {
    guard case .object(let patch) = patch else { return patch }
    return .object((objectValue ?? JSONObject()).applyingMergePatch(patch))
  }
}

extension JSONObject {
  /// See `JSONValue.applyingMergePatch(_:)`.
  package func applyingMergePatch(_ patch: JSONObject) -> JSONObject {
    let index = JSONKeyIndex(members)
    var merged: [JSONMember?] = members
    for change in patch.members {
      let position = index.position(of: change.key)
      if change.value.isNull {
        if let position { merged[position] = nil }
      } else if let position {
        merged[position]?.value = members[position].value.applyingMergePatch(change.value)
      } else {
        let value = JSONValue.null.applyingMergePatch(change.value)
        merged.append(JSONMember(key: change.key, value: value))
      }
    }
    return JSONObject(members: merged.compactMap { $0 })
  }
}
