import Causality
import SyncProtocol
import TestSupport
import Testing

struct PeopleListTests {
  private let ana = UniqueID.sample(1)
  private let bo = UniqueID.sample(2)

  @Test func `a list is read back, in whatever order it was made`() {
    let list = PeopleList([bo: 3, ana: 0])
    #expect(list.text == "\(ana):0 \(bo):3" && PeopleList(list.text) == list)
    #expect(PeopleList([ana: 0, bo: 3]).name(sampleDigest) == list.name(sampleDigest))
    #expect(list.name(sampleDigest) != PeopleList([bo: 3, ana: 1]).name(sampleDigest))
    #expect(PeopleList("") == PeopleList([:]) && PeopleList([:]).text.isEmpty)
  }

  @Test func `what is no list is none`() {
    for text in [
      "x", "\(ana)", "\(ana):", "\(ana):-1", "\(ana):x", "\(ana):1:2", "\(ana):1 \(ana):2", ":1",
    ] {
      #expect(PeopleList(text) == nil, "\(text)")
    }
  }
}
