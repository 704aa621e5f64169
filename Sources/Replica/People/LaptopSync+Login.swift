import Documents
import JSON
import SyncProtocol

extension LaptopSync {
  /// Asks the server who somebody is.
  /// - Returns: nil if the address or the password is wrong.
  /// - Throws: `unreachable`, `sync`; `conflict` if the person may not use a laptop now.
  package func person(email: String, password: String) throws(ReplicaError) -> Person? {
    let body: JSONObject = ["email": .string(email), "password": .string(password)]
    var report = SyncReport()
    let reply = try transmit(
      JSONValue.object(body).bytes, to: SyncProtocolVersion.loginPath, &report)
    let object = (try? JSONValue(parsing: reply.body))?.objectValue
    guard reply.status == 200 else {
      let error = object?["error"]?.objectValue
      if error?["code"]?.stringValue == "wrong_password" { return nil }
      let refusal = try refusal(reply)
      throw refusal.code == .forbidden ? .conflict(refusal.message) : .sync(refusal)
    }
    guard let person = object.flatMap(Person.init) else {
      throw .unreachable("what answers at this address is no Satchel server")
    }
    return person
  }
}
