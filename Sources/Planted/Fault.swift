#if PLANTED
  /// A mistake that is built into the engine on purpose, at one place in the sources: the simulator must find
  /// it. `Cluster.md` says how soon it does.
  package enum Fault: UInt8, CaseIterable, Sendable {
    // What is durable.

    /// A commit is acknowledged before its bytes are durable.
    case acknowledgedBeforeSync
    /// A sync of the log that failed counts as one that did not.
    case syncFailureIgnored
    /// What another process wrote last, and may not have made durable, is taken as it is.
    case lastWriteNotWrittenAnew
    /// The checksum of a frame of the log, which begins with the segment's salt, is taken as it is written.
    case saltUnchecked
    /// A segment is used again with what stood behind its head.
    case oldLogNotCleared
    /// A store that is closed claims one record more than there is.
    case cleanCloseAhead
    /// The log is dropped before the manifest names what takes its place.
    case logDroppedEarly
    /// The files of a checkpoint are not durable before they take their names.
    case filesNotSynced
    /// The names of a checkpoint's files are not made durable.
    case directoryNotSynced
    /// A manifest, a history or an identity takes its name before its bytes are durable.
    case smallFileNotSynced
    /// The index is not durable before the manifest names it.
    case indexNotSynced
    /// The manifest names a history that is not there yet.
    case manifestBeforeHistory
    /// A checkpoint leaves out the named values.
    case registersLeftOut
    /// What earlier checkpoints left beside the files of the last one stays.
    case oldTablesKept

    // Joining.

    /// A join drops what came beside what is there.
    case siblingLost
    /// A write replaces siblings that its author was not shown.
    case unseenReplaced
    /// A join takes the versions and forgets to note that it has seen them.
    case clockNotJoined
    /// A version that is written anew forgets under which dot it was first written.
    case firstDotForgotten

    // Deleting and the trash.

    /// A delete counts for an edit that it had not seen.
    case unseenEditDeleted
    /// What is deleted together with something does not say so, and does not come back with it.
    case cascadeWithoutCause
    /// Content leaves the trash before the trash time is over.
    case purgedEarly
    /// Content leaves the trash before every replica knows of the delete.
    case purgedBeforeStable
    /// Content leaves the trash before that of what it was deleted with.
    case purgedBeforeCause
    /// A skeleton does not travel.
    case skeletonDropped
    /// A skeleton does not know which versions it had.
    case skeletonForgetsVersions
    /// Old content that comes for a skeleton stays, although the document is deleted.
    case oldContentComesBack
    /// Of what comes back, only one sibling is written anew.
    case revivedWithShownOnly
    /// Content that somebody lacks is not sent to it.
    case wantedNotSent

    // Erasures.

    /// What one laptop does not have is given up, although another has it.
    case givenUpUnasked
    /// Late versions of an erased document keep their values.
    case erasedContentKept
    /// An import makes an erased patient anew.
    case erasureRevivedByImport
    /// The journal keeps what was erased.
    case erasedStaysInJournal
    /// The files of the feed keep what was erased.
    case erasedStaysInFeed
    /// What was refused and kept aside outlives the erasure of its document.
    case erasedStaysAside

    // Exchanging.

    /// A page counts as the last one: knowledge goes beyond the documents that came.
    case knowledgeOnPartialPage
    /// An answer holds transactions beyond the end that it names.
    case dotBeyondUpTo
    /// A page leaves out the document with which the next should begin.
    case documentLeftOut
    /// A document of a transaction is not applied.
    case transactionHalfTaken
    /// A place in the feed of another timeline counts as one in this feed.
    case cursorUnchecked
    /// A server keeps the pages of pushes that laptops gave up.
    case abandonedPushesKept
    /// A server that has gone back gets only what is new since then.
    case lostWritesNotGivenBack
    /// What a laptop was told counts as what it has.
    case givenCountsAsDeclared

    // Who is who.

    /// A laptop of which a copy writes under the same id keeps the id, and its names for what both wrote.
    case cloneUnnoticed
    /// A server gives a number again that a push gives back to it.
    case numberReused
    /// An import at a server leaves a number open, which the next transaction takes.
    case numberLeftOpen
    /// The context of a delete keeps the old names of transactions.
    case contextNotRelabelled
    /// The origin of a document keeps the old name of its transaction.
    case originNotRelabelled
    /// A timeline gets another name on every laptop.
    case relabelledAtRandom
    /// A laptop keeps its stamps where the server has others.
    case stampsNotTaken
    /// The server takes transactions from the future.
    case futureStampAccepted
    /// Days on which the server did not run count for those that were silent.
    case lastSeenByWallClock

    // Rights, and the clinic.

    /// Nobody is told of what a server refused.
    case refusedNotTold
    /// Half of the documents of a refused transaction stay as it wrote them.
    case refusedHalfPutBack
    /// Of several siblings that stood before a refused write, one comes back.
    case refusedSiblingsCollapsed
    /// A document gets its place in the order of arrival again and again.
    case receivedTwice
    /// A review list does not look at the documents that share a name, an address or an hour with a changed one.
    case peersNotLookedAt
  }
#endif
