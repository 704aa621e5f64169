import Causality
import Clinic
import HTTP
import JSON
import Platform
import Replica
import Server

/// Requests of a user over one connection of a server that runs in this process.
struct RequestFamily: MeasureFamily {
  let measures = [
    APIMeasures.search, APIMeasures.read, APIMeasures.dashboard, APIMeasures.week,
  ]

  private static let email = "owner@example.org"
  private static let password = "correct horse battery"
  private static let (reads, lists) = (2000, 20)

  func run(_ bench: Workbench) throws -> [Finding] {
    let data = try ServerData.open(bench.directory.newPath("server"), setup: bench.setup)
    defer { data.close() }
    let account = try data.createAccount(name: "Clinic", id: nil)
    _ = try data.createUser(
      NewUser(
        account: account,
        fields: ["email": .string(Self.email), "role": "owner", "name": "Owner"],
        password: Self.password))
    let replica = try data.replica(of: account)
    let count = bench.sizes.documents
    let clinic = try SampleClinic(replica, patients: count, appointments: count)
    _ = try replica.checkpoint()
    try bench.settleDisk()
    let server = try RunningServer(data: data, settings: ServerSettings(listen: "127.0.0.1:0"))
    defer { server.stop() }
    return try measure(try Caller(server.address), clinic, bench)
  }

  private func measure(
    _ caller: Caller, _ clinic: SampleClinic, _ bench: Workbench
  ) throws -> [Finding] {
    var numbers = SeededNumbers(seed: 12)
    let patients = clinic.patients.shuffled(using: &numbers)
    let doctors = clinic.doctors
    let (first, last) = (clinic.monday.text, clinic.monday.adding(days: 6)?.text ?? "")
    func finding(
      _ measure: Measure, _ count: Int, per unit: Double, _ target: (Int) -> String
    ) throws -> Finding {
      // What is made at the first request is not measured.
      for number in 0..<3 { try caller.get(target(number)) }
      let medians = try (0..<bench.sizes.runs).map { run in
        median(
          try (0..<count).map { number in
            try seconds { try caller.get(target(run * count + number)) } / unit
          })
      }
      return Finding(measure, Samples(medians))
    }
    return [
      try finding(APIMeasures.search, Self.lists, per: 1e-3) { number in
        "/api/patients?q=\(SampleWords.givenNames[number % SampleWords.givenNames.count])+\(number)"
      },
      try finding(APIMeasures.read, Self.reads, per: 1e-6) { number in
        "/api/patients/\(patients[number % patients.count])"
      },
      try finding(APIMeasures.dashboard, Self.lists, per: 1e-3) { _ in "/api/dashboard" },
      try finding(APIMeasures.week, Self.lists, per: 1e-3) { number in
        "/api/schedule?doctor_id=\(doctors[number % doctors.count])&from=\(first)&to=\(last)"
      },
    ]
  }
}

/// Somebody who is logged in.
private final class Caller {
  private let client: HTTPClient
  private var headers: HTTPHeaders = ["Content-Type": "application/json"]

  init(_ address: String) throws {
    guard let endpoint = Endpoint(address) else { throw BenchmarkError("no address: \(address)") }
    client = try HTTPClient(connectingTo: endpoint, timeoutSeconds: 120)
    let login: JSONValue = ["email": "owner@example.org", "password": "correct horse battery"]
    let answer = try client.send(
      method: "POST", target: "/api/auth/login", headers: headers, body: login.bytes)
    let token = try JSONValue(parsing: answer.body).objectValue?["access_token"]?.stringValue
    headers.append("Authorization", "Bearer \(token ?? "")")
  }

  func get(_ target: String) throws {
    let answer = try client.send(method: "GET", target: target, headers: headers, body: [])
    guard answer.status == 200 else { throw BenchmarkError("\(target): \(answer.status)") }
  }
}
