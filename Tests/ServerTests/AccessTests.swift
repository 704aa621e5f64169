import Causality
import Platform
import Replica
import Testing

@testable import Server

/// What devices show, and what becomes of it.
@Suite struct AccessTests {
  let server: TestServer

  init() throws { server = try TestServer() }

  private var access: Access { Access(data: server.data) }

  private func admit(_ refresh: String) throws(Access.Refusal) -> Access.Admission {
    try access.admit(.init(refreshToken: refresh))
  }

  private func isLetIn(_ token: String?) -> Bool {
    do throws(Access.Refusal) {
      _ = try access.device(.init(accessToken: token))
      return true
    } catch {
      return false
    }
  }

  private func refusal(_ refresh: String) -> String {
    do throws(Access.Refusal) {
      _ = try admit(refresh)
      return "none"
    } catch {
      return "\(error)"
    }
  }

  @Test func `a refresh token gives others and is good once`() throws {
    let grant = try server.enrol(try server.code())
    let first = try admit(grant.refreshToken)
    let second = try #require(first.newRefreshToken)
    #expect(second != grant.refreshToken && first.device.id == grant.device.id)
    #expect(isLetIn(first.newAccessToken))
    let third = try #require(try admit(second).newRefreshToken)
    #expect(refusal(grant.refreshToken) == "copied")
    // Whoever has the right one has a copy, or is the one that was copied: neither is let in.
    #expect(refusal(third) == "copied")
    #expect(!isLetIn(first.newAccessToken))
    #expect(server.data.read { $0.devices.map(\.state) } == ["copied"])
  }

  @Test func `a lost reply is asked for again, as often as it gets lost`() throws {
    let grant = try server.enrol(try server.code())
    _ = try admit(grant.refreshToken)
    _ = try admit(grant.refreshToken)
    let next = try #require(try admit(grant.refreshToken).newRefreshToken)
    try server.reopen()
    _ = try admit(next)
    #expect(refusal(grant.refreshToken) == "copied")
  }

  @Test func `of two tokens that were given for one only the first that comes goes on`() throws {
    let grant = try server.enrol(try server.code())
    let mine = try #require(try admit(grant.refreshToken).newRefreshToken)
    let theirs = try #require(try admit(grant.refreshToken).newRefreshToken)
    #expect(mine != theirs)
    _ = try admit(theirs)
    #expect(refusal(mine) == "copied")
  }

  @Test func `tokens from after a backup go on at a server that was restored from it`() throws {
    let grant = try server.enrol(try server.code())
    let backup = server.root + "-backup"
    defer { try? server.setup.fileSystem.removeTree(backup) }
    _ = try server.data.backup(to: backup)
    var token = grant.refreshToken
    for _ in 0..<3 { token = try #require(try admit(token).newRefreshToken) }
    server.data.close()
    try server.setup.fileSystem.removeTree(server.root)
    try server.reopen()
    _ = try server.data.restore(backup: backup)
    try server.reopen()
    let next = try #require(try admit(token).newRefreshToken)
    _ = try admit(next)
    #expect(refusal(token) == "copied")
  }

  @Test func `an access token holds for a quarter of an hour, also through a restart`() throws {
    let grant = try server.enrol(try server.code())
    let token = try admit(grant.refreshToken).newAccessToken
    try server.reopen()
    server.clock.advance(milliseconds: 15 * 60_000 - 1)
    #expect(isLetIn(token))
    server.clock.advance(milliseconds: 1)
    #expect(!isLetIn(token))
  }

  @Test func `what was not given here opens nothing`() throws {
    let grant = try server.enrol(try server.code())
    let access = try #require(try admit(grant.refreshToken).newAccessToken)
    let other = access.hasPrefix("A") ? "B" : "A"
    for forged in [
      "", "x", String(access.dropLast()), other + access.dropFirst(), grant.refreshToken,
    ] {
      #expect(!isLetIn(forged), "\(forged)")
    }
    for forged in ["", "x", String(grant.refreshToken.dropLast()), access] {
      #expect(refusal(forged) == "unknown", "\(forged)")
    }
    #expect(refusal(String(grant.refreshToken.reversed())) == "unknown")
  }

  @Test func `a device that enrols anew is let in again, and only by its new token`() throws {
    let grant = try server.enrol(try server.code())
    let old = try admit(grant.refreshToken)
    let anew = try server.enrol(try server.code(), device: grant.device.id)
    #expect(refusal(try #require(old.newRefreshToken)) == "unknown")
    #expect(!isLetIn(old.newAccessToken))
    #expect(refusal(anew.refreshToken) == "none")
  }

  @Test func `waiting uses no refresh token up, but a copied one is noticed`() throws {
    let grant = try server.enrol(try server.code())
    for _ in 0..<3 { _ = try access.admitToWait(.init(refreshToken: grant.refreshToken)) }
    let next = try #require(try admit(grant.refreshToken).newRefreshToken)
    _ = try admit(next)
    #expect(throws: Access.Refusal.self) {
      try access.admitToWait(.init(refreshToken: grant.refreshToken))
    }
    #expect(refusal(next) == "copied")
  }

  // MARK: - Codes

  private func wrong(_ code: String, _ half: Range<Int>) -> String {
    var characters = Array(code.utf8)
    for place in half where characters[place] != UInt8(ascii: "-") {
      characters[place] = UInt8(ascii: characters[place] == UInt8(ascii: "7") ? "8" : "7")
    }
    return String(decoding: characters, as: UTF8.self)
  }

  @Test(arguments: [(4, true), (5, false)])
  func `a code is good until it was tried wrongly five times`(count: Int, isGood: Bool) throws {
    let code = try server.code()
    for number in 0..<count {
      let bad = wrong(code, number % 2 == 0 ? 0..<5 : 6..<11)
      #expect(throws: ServerError.self) { try server.enrol(bad) }
    }
    // A code of which nothing is right is nobody's.
    #expect(throws: ServerError.self) { try server.enrol(wrong(code, 0..<11)) }
    try server.reopen()
    if isGood {
      _ = try server.enrol(code.lowercased())
    } else {
      #expect(throws: ServerError.self) { try server.enrol(code) }
    }
  }

  @Test(arguments: [(0, true), (1, false)])
  func `a code is good for ten minutes and once`(excess: Int, isGood: Bool) throws {
    let code = try server.code()
    server.clock.advance(milliseconds: UInt64(10 * 60_000 + excess))
    guard isGood else {
      #expect(throws: ServerError.self) { try server.enrol(code) }
      return
    }
    _ = try server.enrol(code)
    #expect(throws: ServerError.self) { try server.enrol(code) }
  }
}
