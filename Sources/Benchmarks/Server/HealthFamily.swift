import Platform
import Replica
import Server

/// `/health` over open connections, by a load generator that both servers get in turn.
struct HealthFamily: MeasureFamily {
  let measures = [ServerMeasures.health, ServerMeasures.healthCPU]

  private static let nginx = "/usr/sbin/nginx"
  private static let generator = "/usr/bin/wrk"
  private static let connections = 32
  private static let seconds = 2

  func run(_ bench: Workbench) throws -> [Finding] {
    for program in [Self.generator, Self.nginx]
    where try bench.fileSystem.status(program) == nil {
      throw BenchmarkError("\(program) is not installed")
    }
    let directory = bench.directory.newPath("server")
    try ServerData.open(directory, setup: bench.setup).close()
    let server = try ServerChild(directory)
    defer { server.stop() }
    let other = try Nginx(bench, program: Self.nginx)
    defer { other.stop() }
    var (ours, theirs): ([Load], [Load]) = ([], [])
    for _ in 0..<bench.sizes.runs {
      ours.append(try load(server.port, [server.process]))
      theirs.append(try load(other.port, try other.workers()))
    }
    return [
      Finding(
        ServerMeasures.health,
        Samples(ours.map(\.perSecond), references: theirs.map(\.perSecond))),
      Finding(
        ServerMeasures.healthCPU,
        Samples(ours.map(\.microseconds), references: theirs.map(\.microseconds))),
    ]
  }

  private struct Load {
    let perSecond: Double
    /// Of processor time for a request.
    let microseconds: Double
  }

  private func load(_ port: UInt16, _ processes: [Int]) throws -> Load {
    func used() throws -> Double { try processes.reduce(0) { $0 + (try ProcessUse.seconds($1)) } }
    let before = try used()
    let result = try ChildProgram.run(
      Self.generator,
      [
        "-t1", "-c\(Self.connections)", "-d\(Self.seconds)s", "http://127.0.0.1:\(port)/health",
      ])
    let after = try used()
    let text = String(decoding: result.output, as: UTF8.self)
    func number(_ name: String) -> Double? {
      text.split(separator: "\n").first { $0.contains(name) }.flatMap { line in
        line.split(separator: " ").compactMap { Double($0) }.first
      }
    }
    guard result.status == 0, let perSecond = number("Requests/sec"),
      let count = number("requests in"), count > 0, !text.contains("Non-2xx"),
      !text.contains("Socket errors")
    else { throw BenchmarkError("the load generator says \(text)") }
    return Load(perSecond: perSecond, microseconds: (after - before) * 1e6 / count)
  }
}

/// nginx that gives the same bytes.
private final class Nginx {
  let port: UInt16
  private let program: BackgroundProgram
  private let master: Int
  private let path: String
  private let arguments: [String]

  init(_ bench: Workbench, program path: String) throws {
    let directory = bench.directory.newPath("nginx")
    try bench.fileSystem.createDirectory(directory)
    port = try Self.freePort()
    let configuration = """
      worker_processes auto;
      daemon off;
      pid \(directory)/pid;
      error_log \(directory)/errors;
      events { worker_connections 8192; }
      http {
        access_log off;
        keepalive_requests 1000000000;
        client_body_temp_path \(directory)/body;
        proxy_temp_path \(directory)/proxy;
        fastcgi_temp_path \(directory)/fastcgi;
        uwsgi_temp_path \(directory)/uwsgi;
        scgi_temp_path \(directory)/scgi;
        server {
          listen 127.0.0.1:\(port);
          location /health {
            default_type application/json;
            return 200 '{"status":"ok"}';
          }
        }
      }
      """
    let file = "\(directory)/nginx.conf"
    try bench.fileSystem.writeFileDurably(file, Array(configuration.utf8))
    (self.path, arguments) = (path, ["-c", file, "-p", directory])
    program = try BackgroundProgram(path, arguments)
    let text = try program.waitForFile("\(directory)/pid")
    guard let master = Int(text.prefix { $0 != "\n" }) else {
      throw BenchmarkError("nginx says \(text)")
    }
    self.master = master
  }

  func workers() throws -> [Int] { try ProcessUse.children(master) }

  func stop() {
    _ = try? ChildProgram.run(path, arguments + ["-s", "stop"])
    program.stop()
  }

  private static func freePort() throws -> UInt16 {
    try ListeningSocket.tcp(host: "127.0.0.1", port: 0).port
  }
}
