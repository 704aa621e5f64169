import Glibc
import HTTP
import Platform
import Testing

/// Hundreds of connections that hold the server up as slowly as they may, and one ordinary client.
@Suite(.enabled(if: slowhttptest != nil, "needs slowhttptest"))
struct SlowPeerTests {
  /// A way to be slow, as arguments of the tool.
  struct Attack: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let path: String
    let arguments: [String]

    static let all = [
      Attack(testDescription: "slow heads", path: "/health", arguments: ["-H", "-x", "24"]),
      Attack(
        testDescription: "slow bodies", path: "/api/auth/login",
        arguments: ["-B", "-t", "POST", "-s", "8192", "-x", "10"]),
      Attack(
        testDescription: "slow reading", path: "/openapi.json",
        arguments: ["-X", "-w", "1", "-y", "512", "-n", "1", "-z", "5", "-k", "3"]),
    ]
  }

  private static let connectionCount = 300

  let fixture: ProgramFixture
  let server: ClinicServer

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
  }

  @Test(arguments: Attack.all)
  func `an ordinary client is answered while hundreds are slow`(_ attack: Attack) throws {
    let count = "\(Self.connectionCount)"
    let tool = try ChildProcess(
      try #require(slowhttptest),
      attack.arguments + ["-c", count, "-r", count, "-i", "1", "-l", "5"]
        + ["-u", server.url + attack.path], environment: [], directory: fixture.path("tmp"))
    var (answered, slowest) = (0, Duration.zero)
    while !tool.isOver {
      slowest = max(slowest, try askTenTimes())
      answered += 10
    }
    let result = try tool.wait()
    #expect(result.status == 0, "\(result)")
    #expect(connections(result.text) > 0, "\(result.text)")
    print("\(attack.testDescription): \(answered) answers, the slowest after \(slowest)")
    _ = try askTenTimes()
  }

  /// Asks on one new connection.
  /// - Returns: how long connecting and the slowest answer took together, at most.
  private func askTenTimes() throws -> Duration {
    let clock = ContinuousClock()
    var begin = clock.now
    let endpoint = try #require(Endpoint(server.address))
    let client = try HTTPClient(connectingTo: endpoint, timeoutSeconds: 60)
    var slowest = Duration.zero
    for _ in 0..<10 {
      let answer = try client.send(method: "GET", target: "/health")
      #expect(answer.status == 200)
      #expect(String(decoding: answer.body, as: UTF8.self) == #"{"status":"ok"}"#)
      slowest = max(slowest, begin.duration(to: clock.now))
      begin = clock.now
    }
    return slowest
  }

  /// The most connections that the tool had open, by what it printed.
  private func connections(_ text: String) -> Int {
    let lines = text.split(whereSeparator: \.isNewline).filter { $0.contains("connected:") }
    let counts = lines.compactMap { line in
      Int(line.split { !$0.isASCII || !$0.isNumber }.last ?? "")
    }
    return counts.max() ?? 0
  }
}

private let slowhttptest: String? = ["/usr/bin/slowhttptest", "/usr/local/bin/slowhttptest"]
  .first { access($0, X_OK) == 0 }
