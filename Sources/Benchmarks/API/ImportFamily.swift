import Clinic
import Replica
import Storage

/// A file of patients, into an empty store.
struct ImportFamily: MeasureFamily {
  let measures = [APIMeasures.csv]

  func run(_ bench: Workbench) throws -> [Finding] {
    let file = SampleClinic.patientFile(bench.sizes.documents)
    let rates = try (0..<bench.sizes.runs).map { _ in
      let replica = try bench.newReplica()
      defer { replica.store.close() }
      try bench.settleDisk()
      let elapsed = try seconds {
        let report = try replica.importPatients(file)
        guard report.created == bench.sizes.documents else {
          throw BenchmarkError("\(report.created) patients were imported")
        }
      }
      return Double(bench.sizes.documents) / elapsed
    }
    return [Finding(APIMeasures.csv, Samples(rates))]
  }
}
