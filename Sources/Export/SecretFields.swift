import Clinic
import JSON

/// Fields that leave the clinic in no export: what only the server keeps, tokens and their digests. Such a
/// field is left out wherever it stands, also inside of others and in types that nobody knows.
struct SecretFields {
  private let names: Set<String>

  init(_ catalogue: Catalogue) {
    let serverOnly = catalogue.types.flatMap(\.fields).filter(\.isServerOnly).map(\.name)
    names = Set(serverOnly + Self.others)
  }

  private static let others = [
    "token_hash", "token_hashes", "invite_token", "access_token", "refresh_token", "api_token",
    "private_key", "secret_key",
  ]

  func contains(_ name: String) -> Bool { names.contains(name) }

  func removed(from object: JSONObject) -> JSONObject {
    JSONObject(
      members: object.members.filter { !contains($0.key) }.map { member in
        JSONMember(key: member.key, value: removed(from: member.value))
      })
  }

  private func removed(from value: JSONValue) -> JSONValue {
    switch value {
    case .object(let object): .object(removed(from: object))
    case .array(let elements): .array(elements.map(removed))
    default: value
    }
  }
}
