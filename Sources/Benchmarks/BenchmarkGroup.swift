/// What is measured in one call of the program.
enum BenchmarkGroup: String, CaseIterable, Sendable {
  case storage, merge, sync, server, api

  var summary: String {
    switch self {
    case .storage: "commits, bulk, checkpoints, opening, memory and reads of one store"
    case .merge: "joining documents, applying change-sets, the review list"
    case .sync: "first syncs, pushes, small changes and nothing, over loopback HTTP"
    case .server: "a server beside nginx, idle connections, exchanges while hundreds wait"
    case .api: "imports, searches, reads, the dashboard and a week, over loopback HTTP"
    }
  }

  var measures: [Measure] {
    switch self {
    case .storage: StorageMeasures.all + EncryptedMeasures.all
    case .merge: MergeMeasures.all
    case .sync: SyncMeasures.all
    case .server: ServerMeasures.all
    case .api: APIMeasures.all
    }
  }

  /// What takes the measures, in an order in which none suffers from what another left.
  /// - Parameter isEncrypted: only what encryption costs.
  func families(_ sizes: Sizes, isEncrypted: Bool = false) -> [any MeasureFamily] {
    if isEncrypted { return self == .storage ? [EncryptedFamily()] : [] }
    switch self {
    case .storage:
      let stores = FilledStores(documentCount: sizes.documents)
      return [
        CommitFamily(), ConcurrentCommitFamily(), BulkFamily(stores: stores),
        CheckpointFamily(stores: stores), OpenFamily(stores: stores), ReadFamily(stores: stores),
        ManyFamily(stores: stores),
      ]
    case .merge: return [JoinFamily(), ReviewFamily()]
    case .server: return [HealthFamily(), IdleFamily(), ExchangeFamily()]
    case .api: return [ImportFamily(), RequestFamily()]
    case .sync:
      return [
        FirstSyncFamily(), TenLaptopsFamily(), SlowLinkFamily(), WaitingFamily(), ManySyncFamily(),
      ]
    }
  }
}
