import Causality
import Clinic
import Documents
import JSON
import Platform
import Replica
import Storage
import Testing

@testable import Benchmarks

@Suite struct WorkloadTests {
  @Test func `the same seed gives the same documents, another seed others`() {
    var (a, b, c) = (
      SampleDocuments(seed: 1), SampleDocuments(seed: 1), SampleDocuments(seed: 2)
    )
    let lines = a.next(30).map(\.line)
    #expect(lines == b.next(30).map(\.line))
    #expect(lines != c.next(30).map(\.line))
  }

  @Test func `two thirds are patients, and lines have about 500 bytes`() {
    var documents = SampleDocuments(seed: 1)
    let sample = documents.next(300)
    #expect(sample.filter { $0.key.type == "patient" }.count == 200)
    #expect(sample.allSatisfy { (445...605).contains($0.line.count) })
    #expect(sample.allSatisfy { $0.line.starts(with: #"{"id":""#.utf8) })
  }

  /// So that filling a store without checks leaves what checks would.
  @Test func `the catalogue takes sample documents as they are`() throws {
    let setup = try ReplicaSetup.system()
    let validator = Validator(
      catalogue: setup.catalogue, functions: setup.world.clinic, now: 0,
      allowsReadOnlyFields: false)
    var documents = SampleDocuments(seed: 1)
    for document in documents.ground + documents.next(90) {
      let fields = try validator.normalise(
        document.fields, type: document.key.type, mode: .create, envelope: JSONObject())
      let isSame = fields.isIdentical(to: document.fields)
      #expect(isSame, "\(document.key)")
    }
  }

  @Test func `satchel create stores the lines of sample documents`() throws {
    try withTemporaryWorkbench { bench in
      var documents = SampleDocuments(seed: 1)
      let replica = try bench.newReplica()
      defer { replica.store.close() }
      try replica.fill(with: documents.ground)
      let sample = documents.next(30)
      for type in ["patient", "appointment"] {
        let lines = sample.filter { $0.key.type == type }.map(\.line)
        let command = try CreateCommand(type: type, replica: replica, bench)
        try command.run(Array(lines.joined(separator: [10])))
        #expect(throws: BenchmarkError.self) { try command.run([]) }
      }
      for document in sample { #expect(try replica.sample(document.key)) }
    }
  }

  @Test func `a commit writer's batches follow each other`() throws {
    try withTemporaryWorkbench { bench in
      let replica = try bench.newReplica()
      defer { replica.store.close() }
      var writer = try CommitWriter(replica, bench)
      let before = replica.store.read({ $0.knowledge })[replica.id]
      for commit in writer.next(10) {
        try replica.store.commit(commit.batch)
        #expect(try replica.sample(try #require(commit.batch.documents.first).key))
      }
      #expect(replica.store.read({ $0.knowledge })[replica.id] == before + 10)
    }
  }

  @Test func `removing a work directory removes everything in it`() throws {
    try withTemporaryWorkbench { bench in
      for path in ["1-store/documents/patients/3f", "1-store/wal", "2-files/patients/3f/deep"] {
        try bench.fileSystem.createDirectory("\(bench.directory.root)/\(path)")
        try bench.fileSystem.writeFileDurably("\(bench.directory.root)/\(path)/file", [1])
      }
      try bench.directory.remove()
      let parent = parentDirectory(of: bench.directory.root)
      #expect(try bench.fileSystem.contents(ofDirectory: parent) == [])
      try bench.directory.remove()
    }
  }
}
