/// Something that happens in a simulated clinic.
package enum Action: String, CaseIterable, Sendable {
  // What people do.
  case editPatient = "edit a patient"
  case book = "book or move an appointment"
  case setStatus = "set the status of an appointment"
  case invite = "write an invite"
  case editStranger = "edit a document of an unknown type"
  case writeTogether = "write several documents at once"
  case delete = "delete a document"
  case restore = "bring a document back"
  case merge = "merge two patients"
  case resolve = "settle a review item"
  case importFile = "import a file of patients"
  case editAgain = "edit what was written last"
  case deleteAgain = "delete what was written last"
  case restoreAgain = "bring back what was written last"
  case deleteInvited = "delete a patient who was invited, and the invite with it"
  case deleteAlone = "delete what was written last, and nothing with it"
  case erase = "erase a document at the server"
  case eraseAgain = "erase what was written last"
  // What programs do.
  case sync = "sync"
  case syncBadly = "sync over a bad network"
  case deliverLate = "a request arrives late"
  case checkpoint = "make a checkpoint"
  case emptyTrash = "empty the trash"
  case reopen = "end the program and start it again"
  // What befalls machines.
  case wait = "some hours go by"
  case waitLong = "weeks go by"
  case jumpClock = "the clock jumps"
  case driftClock = "the clock runs wrong"
  case correctClock = "the clock is put right"
  case cutPower = "the power fails"
  case cutPowerSoon = "the power will fail"
  case cutPowerAtWork = "the power fails during work"
  case failSyncAtWork = "the disk fails to make something durable during work"
  case failSync = "the disk will fail to make something durable"
  case failRead = "the disk will fail to read"
  case flipBit = "a bit of a file flips"
  case fillDisk = "the disk fills up"
  case freeDisk = "the disk has room again"
  case partition = "the network is cut"
  case heal = "the network is back"
  // What administrators do.
  case copy = "copy the disk"
  case goBack = "go back to the copy of the disk"
  case clone = "start the copy of the disk as another machine"
  case openRecovery = "open the recovery of the server"
  case closeRecovery = "close the recovery of the server"
  case retire = "retire a laptop"
  case changeRights = "change the rights of the laptops' user"
  case backUp = "make a backup"
  case restoreBackup = "go on from the backup"
  case undo = "set the server back to its backup to undo something"
  case emptyServer = "the server is lost, and an empty one takes its place"
  case newLaptop = "enrol a new laptop"
  case revoke = "revoke a laptop"
  case upgrade = "upgrade the program"
}

/// One step of a schedule. It means something whatever steps are left out before it.
package struct Step: Sendable {
  package let action: Action
  /// Which machine: 0 is the server; beyond the last it counts from the beginning again.
  package let node: Int
  /// Decides everything else about the step.
  package let seed: UInt64
}
