import Causality
import Documents
import JSON
import TestSupport
import Testing

/// DESIGN, rules 8 and 9.
struct LifeTests {
  private let cause = DeleteCause(
    document: DocumentKey(type: "patient", id: .sample(9)), dot: Dot(.sample(1), 1))

  @Test func `a delete that saw everything deletes everywhere`() {
    var scenario = Scenario(["given": "A"])
    scenario.delete(\.anna)
    #expect(scenario.isDeleted(\.anna) && !scenario.isDeleted(\.ben))
    scenario.exchange()
    #expect(scenario.isDeleted(\.ben) && !scenario.isBroughtBack(\.ben))
  }

  @Test func `an edit that the delete had not seen brings the document back`() {
    var scenario = Scenario(["given": "A"])
    scenario.edit(\.ben, ["room": 4])
    scenario.delete(\.anna)
    scenario.exchange()
    for desk in [\Scenario.anna, \Scenario.ben] {
      #expect(!scenario.isDeleted(desk) && scenario.isBroughtBack(desk))
      #expect(scenario.shown(desk) == #"{"given":"A","room":4}"#)
    }
  }

  @Test func `an edit of what was deleted brings the document back`() {
    var scenario = Scenario(["given": "A"])
    scenario.delete(\.anna)
    scenario.edit(\.anna, ["given": "B"])
    #expect(!scenario.isDeleted(\.anna) && scenario.isBroughtBack(\.anna))
  }

  @Test func `a delete after the edit deletes again`() {
    var scenario = Scenario(["given": "A"])
    scenario.delete(\.anna)
    scenario.edit(\.ben, ["given": "B"])
    scenario.exchange()
    scenario.delete(\.ben)
    scenario.exchange()
    #expect(scenario.isDeleted(\.anna) && scenario.isDeleted(\.ben))
  }

  @Test func `deletes at two desks saw together what neither saw alone`() {
    var scenario = Scenario(["given": "A"])
    scenario.edit(\.anna, ["given": "B"])
    scenario.edit(\.ben, ["room": 1])
    scenario.delete(\.anna)
    scenario.delete(\.ben)
    scenario.exchange()
    #expect(scenario.isDeleted(\.anna) && scenario.isDeleted(\.ben))
  }

  @Test func `a restore at one desk wins against a delete at the other`() {
    var scenario = Scenario(["given": "A"])
    scenario.delete(\.anna)
    scenario.exchange()
    scenario.undelete(\.anna)
    #expect(!scenario.isDeleted(\.anna) && !scenario.isBroughtBack(\.anna))
    scenario.delete(\.ben, reason: .duplicate)
    scenario.exchange()
    for desk in [\Scenario.anna, \Scenario.ben] {
      #expect(!scenario.isDeleted(desk) && scenario.isBroughtBack(desk))
    }
  }

  @Test func `a delete that had seen the restore counts`() {
    var scenario = Scenario(["given": "A"])
    scenario.delete(\.anna)
    scenario.undelete(\.anna)
    scenario.exchange()
    scenario.delete(\.ben)
    scenario.exchange()
    #expect(scenario.isDeleted(\.anna))
  }

  @Test func `a delete that follows another counts only while that stands`() {
    var scenario = Scenario(["given": "A"])
    scenario.delete(\.anna, cause: cause)
    #expect(scenario.isDeleted(\.anna, causeStands: true))
    #expect(!scenario.isDeleted(\.anna, causeStands: false))
    scenario.delete(\.ben)
    scenario.exchange()
    #expect(scenario.isDeleted(\.anna, causeStands: false))
  }

  @Test func `the closure is asked for the cause that the delete named`() {
    var scenario = Scenario(["given": "A"])
    scenario.delete(\.anna, cause: cause)
    let asked = scenario.document(\.anna)?.isDeleted { asked in asked == cause }
    #expect(asked == true)
  }

  @Test func `what a delete whose cause is gone had seen counts for no other delete`() {
    var scenario = Scenario(["given": "A"])
    scenario.edit(\.ben, ["room": 1])
    scenario.delete(\.ben, cause: cause)
    scenario.delete(\.anna)
    scenario.exchange()
    #expect(scenario.isDeleted(\.anna, causeStands: true))
    #expect(!scenario.isDeleted(\.anna, causeStands: false))
  }

  @Test func `the reason that counts most is given`() {
    var scenario = Scenario(["given": "A"])
    scenario.delete(\.anna, reason: .retention)
    scenario.delete(\.ben, reason: .duplicate)
    scenario.exchange()
    #expect(scenario.document(\.anna)?.deleteReason { _ in true } == .retention)
    #expect(DeleteReason.erasure > .retention && DeleteReason.duplicate > .mistake)
  }

  @Test func `an erasure is final: no restore and no delete takes its place`() {
    var scenario = Scenario(["given": "A"])
    scenario.delete(\.anna, reason: .erasure)
    scenario.exchange()
    scenario.undelete(\.ben)
    scenario.delete(\.anna)
    scenario.exchange()
    for desk in [\Scenario.anna, \Scenario.ben] {
      #expect(scenario.document(desk)?.isErased == true && scenario.isDeleted(desk))
      #expect(scenario.versions(desk, Unit.life).count == 1)
    }
  }

  @Test func `what another program wrote in place of an erasure does not replace it`() throws {
    var scenario = Scenario(["given": "A"])
    scenario.delete(\.anna, reason: .erasure)
    let erased = try #require(scenario.document(\.anna))
    scenario.undelete(\.ben)
    let restored = try #require(scenario.document(\.ben))
    let forged = Document(
      key: restored.key, clock: restored.clock.union(erased.clock), origin: restored.origin,
      schemaVersion: 1, units: restored.units)
    for joined in [erased.joined(with: forged), forged.joined(with: erased)] {
      #expect(joined.isErased && joined.versions(of: Unit.life).count == 2)
    }
  }

  @Test func `a delete keeps what its replica knew`() {
    var scenario = Scenario(["given": "A"])
    scenario.edit(\.ben, ["room": 1])
    let knowledge = scenario.ben.knowledge
    let context = scenario.document(\.ben)?.clock
    scenario.delete(\.ben)
    let deletion = scenario.versions(\.ben, Unit.life).first?.details?.deletion
    #expect(deletion?.knowledge == knowledge)
    #expect(deletion?.context == context)
  }

  @Test func `a number of arrival does not bring a deleted document back`() {
    var scenario = Scenario(["given": "A"])
    scenario.delete(\.anna)
    scenario.write(\.ben) { document, write in document.receive(number: 1, by: write) }
    scenario.exchange()
    #expect(scenario.isDeleted(\.anna))
  }

  @Test func `a delete compares first dots, so that what is written anew stays deleted`() throws {
    var scenario = Scenario(["given": "A"])
    scenario.delete(\.anna)
    let document = try #require(scenario.document(\.anna))
    let old = try #require(document.versions(of: "name").first)
    let anew = Write(
      dot: Dot(.sample(77), 1), first: old.write.first, stamp: old.write.stamp,
      author: old.write.author)
    let units = document.units.map { unit in
      unit.name == "name"
        ? Unit(name: "name", versions: [Version(write: anew, value: old.value)]) : unit
    }
    let rewritten = Document(
      key: document.key, clock: document.clock.union(VersionVector(anew.dot)),
      origin: document.origin, schemaVersion: 1, units: units)
    #expect(rewritten.isDeleted { _ in true })
  }

  @Test func `a document that was brought back travels whole`() throws {
    var scenario = Scenario(["given": "A", "room": 1])
    scenario.delete(\.anna)
    let known = scenario.anna.knowledge
    scenario.undelete(\.anna)
    let part = try #require(scenario.document(\.anna)?.part(since: known))
    #expect(part.units.map(\.name) == ["_life", "name", "slot"])
  }

  @Test func `only units that the receiver lacks travel otherwise`() throws {
    var scenario = Scenario(["given": "A", "room": 1])
    let known = scenario.anna.knowledge
    scenario.edit(\.anna, ["room": 2])
    let part = try #require(scenario.document(\.anna)?.part(since: known))
    #expect(part.units.map(\.name) == ["slot"])
    #expect(part.clock == scenario.document(\.anna)?.clock)
  }
}
