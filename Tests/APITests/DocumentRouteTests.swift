import HTTP
import JSON
import ReplicaTestSupport
import Testing

@testable import API

@Suite struct DocumentRouteTests {
  let api: TestAPI

  init() throws { api = try TestAPI() }

  @Test func `what is created is there, with its address and a tag`() throws {
    let made = try api.patient("Ana", "Lima", ["email": "ana@example.org", "shoe_size": 41])
    #expect(made.headers["Location"] == "/api/patients/\(made.id)")
    let read = try api("GET", "/api/patients/\(made.id)")
    #expect(read.status == 200 && read.object.isIdentical(to: made.object))
    #expect(read.headers["ETag"] == made.headers["ETag"] && read.headers["ETag"] != nil)
    #expect(read["full_name"] == "Ana Lima" && read["shoe_size"]?.intValue == 41)
    #expect(read["has_pending_invite"] == false && read["status"] == "active")
  }

  @Test func `a merge patch changes what it names and nothing else`() throws {
    let made = try api.patient("Ana", "Lima", ["phone": "1", "notes": "kept"])
    let changed = try api(
      "PATCH", "/api/patients/\(made.id)", ["phone": .null, "status": "inactive"])
    #expect(changed.status == 200 && changed["phone"] == nil && changed["status"] == "inactive")
    #expect(changed["notes"] == "kept")
    #expect(changed.headers["ETag"] != made.headers["ETag"])
  }

  @Test func `a replacement clears what it leaves out, but not what this version does not know`()
    throws
  {
    let made = try api.patient(
      "Ana", "Lima", ["phone": "1", "shoe_size": 41, "status": "inactive"])
    let path = "/api/patients/\(made.id)"
    let replaced = try api("PUT", path, ["first_name": "Anna", "last_name": "Lima"])
    #expect(replaced.status == 200 && replaced["phone"] == nil && replaced["first_name"] == "Anna")
    #expect(replaced["status"] == "inactive" && replaced["shoe_size"]?.intValue == 41)
    let refused = try api("PUT", path, ["first_name": "Anna"])
    #expect(refused.status == 422 && refused.badFields == ["last_name"])
  }

  @Test func `what was deleted is not found, and nothing is there twice`() throws {
    let made = try api.patient("Ana", "Lima")
    let path = "/api/patients/\(made.id)"
    #expect(try api("DELETE", path).status == 204)
    #expect(try api("GET", path).status == 404)
    #expect(try api("DELETE", path).status == 404)
    #expect(try api("PATCH", path, ["phone": "1"]).status == 404)
    #expect(try api("GET", "/api/patients")["total"]?.intValue == 0)
  }

  @Test func `who knows an older state changes nothing`() throws {
    let made = try api.patient("Ana", "Lima")
    let path = "/api/patients/\(made.id)"
    let old = try #require(made.headers["ETag"])
    let now = try #require(try api("PATCH", path, ["phone": "1"]).headers["ETag"])
    for method in ["PATCH", "PUT", "DELETE"] {
      let refused = try api(
        method, path, ["first_name": "A", "last_name": "B"], headers: ["If-Match": old])
      #expect(refused.status == 412 && refused.errorCode == "changed")
    }
    #expect(try api("GET", path)["phone"] == "1")
    #expect(try api("PATCH", path, ["phone": "2"], headers: ["If-Match": now]).status == 200)
    #expect(try api("DELETE", path, headers: ["If-Match": "*"]).status == 204)
  }

  @Test func `a value that only one may have is refused, and says which`() throws {
    _ = try api.patient("Ana", "Lima", ["email": "ana@example.org", "external_id": "7"])
    let twin: JSONObject = ["first_name": "Ann", "last_name": "Lima", "email": "ANA@example.org"]
    let refused = try api("POST", "/api/patients", .object(twin))
    #expect(refused.status == 409 && refused.errorCode == "duplicate_email")
    #expect(refused.badFields == ["email"])
    let meant = twin.merging(["allow_duplicate_email": true])
    #expect(try api("POST", "/api/patients", .object(meant)).status == 201)
    let chart: JSONValue = ["first_name": "B", "last_name": "C", "external_id": "7"]
    #expect(try api("POST", "/api/patients", chart).errorCode == "duplicate_external_id")
  }

  @Test(arguments: ["", "[]", "{", "{\"a\":1,\"a\":2}", "5"])
  func `what is no JSON object is malformed`(body: String) throws {
    let answer = try api.send("POST", "/api/patients", bytes: Array(body.utf8))
    #expect(answer.status == 400 && answer.errorCode == "malformed")
  }

  @Test func `every problem of a document is told`() throws {
    let answer = try api(
      "POST", "/api/patients",
      ["first_name": "", "email": "nobody", "date_of_birth": "2026-02-30"])
    #expect(answer.status == 422)
    #expect(
      Set(answer.badFields) == ["first_name", "last_name", "email", "date_of_birth"])
  }

  @Test func `a reference must name what is there`() throws {
    let answer = try api(
      "POST", "/api/patients",
      [
        "first_name": "A", "last_name": "B", "clinic_id": "11111111-1111-4111-8111-111111111111",
      ])
    #expect(answer.status == 422 && answer.badFields == ["clinic_id"])
  }

  @Test func `a path knows its methods`() throws {
    let list = try api("DELETE", "/api/patients")
    #expect(list.status == 405 && list.headers["Allow"] == "GET, POST")
    let record = try api("PUT", "/api/cancellations/11111111-1111-4111-8111-111111111111")
    #expect(record.status == 405 && record.headers["Allow"] == "GET")
    #expect(try api("GET", "/api/nothing").status == 404)
    #expect(try api("GET", "/api/patients/not-an-id").status == 404)
    #expect(try api("GET", "/api/patients/11111111-1111-4111-8111-111111111111").status == 404)
  }

  @Test func `every type of the catalogue that people keep has a path`() throws {
    for place in TypePath.all {
      let answer = try api("GET", "/api/\(place.path)/")
      #expect(answer.status == 200 && answer["next"]?.isNull == true, "\(place.path)")
    }
  }
}
