import Clinic
package import Documents
package import JSON

extension Replica {
  /// The patient's journey: see `MergedClinic.timeline`. O(documents of the patient).
  package func timeline(of patient: DocumentKey) throws(ReplicaError) -> [JSONObject] {
    try looking { (clinic) throws(ReplicaError) in clinic.timeline(of: patient) }
  }
}
