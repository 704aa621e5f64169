import API
import Causality
import Clinic
import HTTP
import JSON

@testable import Server

extension Trials {
  private var here: TestAccount { clinics.here }

  /// What needs no login.
  func openly(_ row: PermissionTable.Row) throws -> Trial? {
    let password: JSONValue = .string(TestAccount.password)
    switch row.path {
    case "/metrics":
      let token = try SecretKey(path: here.data.layout.metricsToken, here.data.setup).bytes()
      var asking = Asking("GET", row.path)
      if row.variant == "with its token" {
        asking.headers.set("Authorization", "Bearer \(String(decoding: token, as: UTF8.self))")
      }
      return Trial(asking)
    case "/health", "/openapi.json", "/docs", "/api/auth/google":
      return Trial(Asking("GET", row.path))
    case "/api/auth/google/callback":
      if row.method == "POST" {
        return Trial(Asking("POST", row.path, ["code": "none", "state": "none"]))
      }
      return Trial(Asking("GET", row.path).with("code", "none").with("state", "none"))
    case "/api/auth/login":
      let email = here.users[.owner]?.email ?? ""
      return Trial(Asking("POST", row.path, ["email": .string(email), "password": password]))
    case "/api/auth/accept":
      let token = here.newID().description
      _ = try here.invitedUser(token)
      return Trial(Asking("POST", row.path, ["token": .string(token), "password": password]))
    case "/api/auth/signup":
      let form: JSONObject = [
        "email": .string("\(here.newID())@example.org"), "password": password, "name": "Olga",
        "clinic_name": "Hillside",
      ]
      return Trial(Asking("POST", row.path, form))
    default: return nil
    }
  }

  /// What concerns users besides the five methods.
  func ofUsers(_ row: PermissionTable.Row) throws -> Trial? {
    switch row.path {
    case "/api/auth/me", "/health/details": return Trial(Asking("GET", row.path))
    case "/api/auth/logout": return Trial(Asking("POST", row.path))
    case "/api/auth/password":
      let form: JSONObject = [
        "old_password": .string(TestAccount.password), "new_password": "another horse",
      ]
      return Trial(Asking("POST", row.path, form))
    case "/api/users/{id}/invite":
      let isGrand = row.variant == "of a super_admin"
      return Trial("user", try here.make("user", isGrand ? ["role": "super_admin"] : [:])) {
        Asking("POST", row.path.replacing("{id}", with: $0))
      }
    case "/api/enrollment-codes" where row.variant == "for a patient":
      let patient = here.users[.patient]?.user.description ?? ""
      return Trial(Asking("POST", row.path, ["user_id": .string(patient)]))
    case "/api/enrollment-codes" where row.variant == "for a super_admin":
      let email = here.users[.superAdmin]?.email ?? ""
      return Trial(Asking("POST", row.path, ["user": .string(email.uppercased())]))
    case "/api/enrollment-codes":
      var trial = Trial(Asking("POST", row.path, [:]))
      for (name, kind) in [("user_id", "login"), ("user", "e-mail address")] {
        trial.named.append(
          .init(kind: kind) { Asking("POST", row.path, JSONObject([(name, .string($0))])) })
      }
      return trial
    default: return nil
    }
  }

  /// Whether a request ends the logins of its caller.
  static func endsLogins(_ row: PermissionTable.Row) -> Bool {
    ["/api/auth/logout", "/api/auth/password"].contains(row.path)
  }
}
