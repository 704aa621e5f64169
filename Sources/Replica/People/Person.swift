package import Causality
import Documents
package import JSON
package import Platform

/// Somebody who may log in on this laptop: known by his server, which gave what tells his password from others.
package struct Person: Sendable, Equatable {
  package let user: UniqueID
  /// In the form in which addresses are compared.
  package let email: String
  package let name: String
  /// How often all of the person's logins had been ended when this one was given.
  package let generation: Int
  package let verifier: PasswordVerifier

  package init(
    user: UniqueID, email: String, name: String, generation: Int, verifier: PasswordVerifier
  ) {
    (self.user, self.email, self.name) = (user, email, name)
    (self.generation, self.verifier) = (generation, verifier)
  }
}

// MARK: - As JSON

extension Person {
  /// What a server answers to a login on a laptop, and what the laptop keeps.
  package var object: JSONObject {
    [
      "user": .string(user.description), "email": .string(email), "name": .string(name),
      "generation": .int(generation), "verifier": .object(verifier.object),
    ]
  }

  /// - Returns: nil if something is missing or malformed.
  package init?(_ object: JSONObject) {
    guard let user = object["user"]?.stringValue.flatMap({ UniqueID($0) }),
      let email = object["email"]?.stringValue, let name = object["name"]?.stringValue,
      let generation = object["generation"]?.intValue, generation >= 0,
      let verifier = object["verifier"]?.objectValue.flatMap(PasswordVerifier.init)
    else { return nil }
    self.init(user: user, email: email, name: name, generation: generation, verifier: verifier)
  }
}

extension PasswordVerifier {
  fileprivate var object: JSONObject {
    [
      "hash": "scrypt", "n": .number(JSONNumber(costs.n)), "r": .number(JSONNumber(costs.r)),
      "p": .number(JSONNumber(costs.p)), "salt": .string(HexText.text(salt)),
      "check": .string(HexText.text(check)),
    ]
  }

  fileprivate init?(_ object: JSONObject) {
    func count(_ key: String) -> UInt64? { object[key]?.intValue.flatMap { UInt64(exactly: $0) } }
    guard object["hash"]?.stringValue == "scrypt", let n = count("n"), let r = count("r"),
      let p = count("p"), let salt = object["salt"]?.stringValue.flatMap(HexText.bytes),
      let check = object["check"]?.stringValue.flatMap(HexText.bytes), check.count == 32
    else { return nil }
    let costs = PassphraseCosts(n: n, r: r, p: p)
    guard costs.areReasonable else { return nil }
    self.init(salt: salt, costs: costs, check: check)
  }
}
