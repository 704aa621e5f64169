import Documents

/// Stores with the same documents, which one family of measures leaves for those after it.
final class FilledStores {
  let ground: [SampleDocument]
  let documents: [SampleDocument]
  /// Their ids; every patient is at one of them.
  let clinics: [String]
  /// Where the stores are; they are closed. The first is for reading.
  private(set) var paths: [String] = []
  /// What making and opening one of them took, in seconds.
  var costs = Costs()

  struct Costs {
    /// Making the documents up.
    var invent = 0.0
    var create = 0.0
    var checkpoint = 0.0
    var open = 0.0
  }

  init(documentCount: Int) {
    var documents = SampleDocuments(seed: 3)
    ground = documents.ground
    clinics = documents.clinics
    let watch = Stopwatch()
    self.documents = documents.next(documentCount)
    costs.invent = watch.seconds
  }

  func add(_ path: String) { paths.append(path) }

  /// - Throws: if there is none, because the family that makes them failed.
  func first() throws(BenchmarkError) -> String {
    guard let path = paths.first else { throw BenchmarkError("no store could be filled") }
    return path
  }

  /// The JSON lines of all documents of a type.
  func lines(ofType type: String) -> [[UInt8]] {
    documents.filter { $0.key.type == type }.map(\.line)
  }
}
