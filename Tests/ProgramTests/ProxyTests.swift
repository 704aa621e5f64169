import Foundation
import Glibc
import JSON
import Platform
import Testing

private let nginx = "/usr/sbin/nginx"
private let openssl = "/usr/bin/openssl"
private let curl = "/usr/bin/curl"
private let proxyTools: [String] = [nginx, openssl, curl]
private let hasProxyTools = proxyTools.allSatisfy { access($0, X_OK) == 0 }

/// A server behind nginx, set up as the README says.
@Suite(.enabled(if: hasProxyTools, "needs nginx, openssl and curl"))
final class ProxyTests {
  private let fixture: ProgramFixture
  private let server: ClinicServer
  private let port: UInt16
  private var proxy: ChildProcess?

  private var url: String { "https://localhost:\(port)" }
  private var certificate: String { fixture.path("proxy/certificate.pem") }

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    port = try ListeningSocket.tcp(host: "127.0.0.1", port: 0).port
    try server.stop()
    try server.start(["--behind-proxy", "--address-rate", "5"])
    try POSIXFileSystem().createDirectory(fixture.path("proxy/tmp"))
    try makeCertificate()
    try write(try configuration(), to: fixture.path("proxy/nginx.conf"))
    proxy = try ChildProcess(
      nginx, ["-c", fixture.path("proxy/nginx.conf"), "-p", fixture.path("proxy")],
      environment: [], directory: fixture.path("proxy/tmp"))
    let status = try eventually({ try ask("127.0.0.1", []).status }, is: { $0 == "200" })
    #expect(status == "200")
  }

  deinit {
    proxy?.signal(SIGTERM)
    _ = try? proxy?.wait()
  }

  private func makeCertificate() throws {
    let child = try ChildProcess(
      openssl,
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost", "-keyout", fixture.path("proxy/key.pem"),
        "-out", certificate,
      ], environment: [], directory: fixture.path("proxy/tmp"))
    let result = try child.wait()
    guard result.status == 0 else { throw TestFailure(result.errors) }
  }

  /// The README's block with this machine's ports and paths.
  private func configuration() throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let readme = String(
      decoding: try readWhole(root.appending(path: "README.md").path()), as: UTF8.self)
    let start = try #require(readme.range(of: "```nginx\n")).upperBound
    let end = try #require(readme.range(of: "\n```", range: start..<readme.endIndex)).lowerBound
    var block = String(readme[start..<end])
    for (there, here) in [
      ("listen 443 ssl;", "listen 127.0.0.1:\(port) ssl;"), ("server_name sync.example.org;", ""),
      ("/etc/ssl/sync.example.org.pem", certificate),
      ("/etc/ssl/sync.example.org.key", fixture.path("proxy/key.pem")),
      ("127.0.0.1:7420", server.address),
    ] {
      #expect(block.contains(there), "\(there)")
      block = block.replacingOccurrences(of: there, with: here)
    }
    let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
      "\($0)_temp_path \(fixture.path("proxy/tmp"))/\($0);"
    }
    return """
      worker_processes 1;
      daemon off;
      user root;
      pid \(fixture.path("proxy/pid"));
      error_log \(fixture.path("proxy/errors"));
      events {}
      http {
      access_log off;
      \(places.joined(separator: "\n"))
      \(block)
      }
      """
  }

  /// What the proxy answers to a client of an address of this machine.
  private func ask(
    _ address: String, _ arguments: [String], path: String = "/health"
  ) throws -> (status: String, body: String) {
    let child = try ChildProcess(
      curl,
      [
        "--silent", "--cacert", certificate, "--interface", address, "--write-out",
        "\n%{http_code}",
      ] + arguments + ["\(url)\(path)"], environment: [], directory: fixture.path("tmp"))
    let lines = try child.wait().text.split(separator: "\n", omittingEmptySubsequences: false)
    return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
  }

  @Test func `a laptop enrols, syncs and is woken through the proxy`() throws {
    let (a, b) = (try TestLaptop(fixture, "a"), try server.laptop("b"))
    try a.succeed(
      "enroll", "--server", url, "--code", try server.code(), "--device", "a", "--ca", certificate)
    _ = try a.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try a.sync()
    try a.startDaemon()
    try b.sync()
    #expect(try b.succeed("list", "patient", "--json").contains("Okafor"))
    _ = try b.create("patient", #"{"first_name":"Bo","last_name":"Remote"}"#)
    try b.sync()
    #expect(
      try eventually({ try a.succeed("list", "patient", "--json") }) { $0.contains("Remote") }
        .contains("Remote"))
    try a.stopDaemon()
  }

  @Test func `clients are told apart by their own addresses, whatever they say`() throws {
    var answers: [String] = []
    for number in 0..<120 {
      answers.append(
        try ask("127.0.0.2", ["--header", "X-Forwarded-For: 198.51.100.\(number)"]).status)
    }
    #expect(answers.contains("429"), "\(Set(answers))")
    #expect(try ask("127.0.0.3", []).status == "200")
    let login = ["--data", #"{"email":"x@example.org","password":"wrong"}"#]
    let json = ["--header", "Content-Type: application/json"]
    #expect(try ask("127.0.0.4", login + json, path: "/api/auth/login").status == "401")
    let audit = try server.administer(["audit"])
    #expect(audit.contains(#""peer":"127.0.0.4""#) && !audit.contains("198.51.100."))
  }

  @Test func `a large file passes, and one that is too large is refused before it is sent`() throws
  {
    try server.administer(
      [
        "user", "create", "--account", server.account, "--email", "ana@example.org", "--role",
        "admin", "--name", "Ana", "--password-stdin",
      ], input: "correct horse battery")
    let agent = try UserAgent(server.address)
    try agent.logIn("ana@example.org", "correct horse battery")
    let token = try #require(agent.token)
    var csv = "external_id,first_name,last_name,notes\r\n"
    for number in 0..<3000 {
      csv += "M\(number),Ada,Okafor\(number),\(String(repeating: "n", count: 1000))\r\n"
    }
    try write(csv, to: fixture.path("patients.csv"))
    let answer = try ask(
      "127.0.0.5",
      [
        "--header", "Authorization: Bearer \(token)", "--header", "Content-Type: text/csv",
        "--data-binary", "@\(fixture.path("patients.csv"))",
      ], path: "/api/patients/import-csv")
    #expect(answer.status == "200" && answer.body.contains(#""created":3000"#), "\(answer)")
  }
}
