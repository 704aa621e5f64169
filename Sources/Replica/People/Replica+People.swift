package import Causality
package import Platform
import Storage

/// People and the key of a sealed store: whoever may log in opens it alone, with the own password.
extension Replica {
  /// Who is at the laptop; nil in an emergency. Where nobody shares it, who has enrolled it.
  package var reader: UniqueID? {
    people.standing(at: now()) == .unshared ? store.identity.enrolment?.user : people.user
  }

  /// From now on the person's password opens the sealed store. Durable on return.
  /// - Parameter key: that the password makes.
  package func letOpen(_ person: Person, by key: SecretBytes) throws(ReplicaError) {
    try stored { () throws(StorageError) in
      let workshop = try ReplicaSetup.workshop(world.random)
      try store.changeKeys { (ring, seal) throws(StorageError) in
        try ring.setPerson(person.email, person.verifier, key, for: seal, workshop)
      }
    }
  }

  /// From now on their passwords do not open it. Durable on return.
  package func letOpenNoMore(_ people: [Person]) throws(ReplicaError) {
    if people.isEmpty { return }
    try stored { () throws(StorageError) in
      let workshop = try ReplicaSetup.workshop(world.random)
      try store.changeKeys { (ring, _) in
        for person in people { ring.dropPerson(person.email, workshop) }
      }
    }
  }
}
