import Platform
import Simulation
import Testing

struct FingerprintTests {
  private let fileSystem = SimulatedFileSystem()

  @Test func `reading, and what a power cut undoes, leave the fingerprint`() throws {
    let file = try fileSystem.makeDurable("/a", block(1))
    let before = fileSystem.fingerprint
    _ = try fileSystem.bytes("/a")
    #expect(fileSystem.fingerprint == before)
    let cut = fileSystem.afterCrash(fate: .nothingSurvives).fingerprint
    try file.write([2], at: 0)
    #expect(fileSystem.afterCrash(fate: .nothingSurvives).fingerprint == cut)
  }

  @Test func `a power cut that changes nothing is another state than a kill`() throws {
    try fileSystem.makeDurable("/a", block(1))
    let killed = fileSystem.afterKill()
    #expect(killed.fingerprint == fileSystem.afterKill().fingerprint)
    #expect(killed.fingerprint != fileSystem.afterCrash(fate: .nothingSurvives).fingerprint)
  }

  @Test func `each change, and each step to its durability, is another fingerprint`() throws {
    let file = try fileSystem.makeDurable("/a", block(1))
    var prints = [fileSystem.fingerprint]
    func note() { prints.append(fileSystem.fingerprint) }
    try file.write([2], at: 0)
    note()
    try file.write([2], at: 512)
    note()
    try file.truncate(to: 2000)
    note()
    try file.synchronize()
    note()
    try fileSystem.rename("/a", to: "/b")
    note()
    try fileSystem.synchronizeDirectory("/")
    note()
    try fileSystem.flipBit("/b", 7)
    note()
    #expect(Set(prints).count == prints.count)
  }
}
