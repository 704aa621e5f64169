package import CommandLineTool

/// What `satchel` understands.
package enum SatchelProgram {
  package static let description = ProgramDescription(
    name: "satchel", version: ProductVersion.text,
    summary: "patients, invites and appointments of a clinic, with or without a network",
    globalOptions: [
      OptionDescription(
        "--store", "DIR", variable: "SATCHEL_STORE",
        "the store's directory; without it satchel in $XDG_DATA_HOME"),
      OptionDescription(
        "--config", "FILE", variable: "SATCHEL_CONFIG", "a JSON file with settings"),
      passphraseFile,
      OptionDescription("--json", "print one JSON object, or one a line for lists"),
    ],
    commands: setUp + people + documents + imports + exports + clinic + upkeep)

  static let passphraseFile = OptionDescription(
    "--passphrase-file", "FILE", variable: "SATCHEL_PASSPHRASE_FILE",
    "its first line opens an encrypted store; without it $SATCHEL_PASSPHRASE does, or the terminal asks"
  )

  /// Commands that no store runs.
  package static let commandsWithoutStore: Set<String> = ["demo", "init", "restore-backup"]

  private static let setUp = [
    CommandDescription(
      "demo", options: [OptionDescription("--keep", "DIR", "keep the three stores there")],
      "a server and two laptops on this machine tell the whole story"),
    CommandDescription(
      "init",
      options: [
        OptionDescription(
          "--account", "ID", "the server's account; without it a local one is made"),
        OptionDescription("--clinic", "NAME", "make a clinic of this name"),
        OptionDescription("--encrypt", "nobody reads the store without its passphrase"),
      ], "make an empty store"),
    CommandDescription(
      "enroll",
      options: [
        OptionDescription("--server", "URL", variable: "SATCHEL_SERVER", "the server's address"),
        OptionDescription("--code", "CODE", "the one-time code that an administrator gave"),
        OptionDescription(
          "--device", "NAME", "what this laptop is called; its host name without it"),
        OptionDescription("--ca", "FILE", "certificates to trust, PEM"),
      ], "join this laptop to an account of a server; keeps all data"),
  ]

  private static let people = [
    CommandDescription(
      "login", ["[EMAIL]"],
      options: [
        OptionDescription(
          "--password-file", "FILE",
          "its first line is the password; without it $SATCHEL_PASSWORD is, or the terminal asks")
      ], "say who is at the laptop: what is written from then on is in this person's name"),
    CommandDescription(
      "logout", options: [OptionDescription("--forget", "only the server lets me in again")],
      "end that"),
    CommandDescription(
      "lock", "somebody has to log in before anything else is done; closes an encrypted store"),
    CommandDescription(
      "unlock", "open an encrypted store that satchel-syncd has locked, with its passphrase"),
    CommandDescription("whoami", "who is at the laptop"),
    CommandDescription(
      "break-glass",
      options: [
        OptionDescription(
          "--reason", "TEXT", "why; administrators read it, so name no patient in it")
      ], "read in an emergency without logging in; administrators are told"),
  ]

  private static let documents = [
    CommandDescription(
      "create", ["TYPE", "[FILE|-]"],
      "store one JSON object, or JSON lines (one transaction per 1,000)"),
    CommandDescription(
      "get", ["TYPE", "ID"],
      options: [OptionDescription("--metadata", "also the clock, siblings and authors")],
      "print a document"),
    CommandDescription(
      "cat", ["TYPE", "ID"], "print a document's file: the fields, and all that is known of them"),
    CommandDescription(
      "list", ["TYPE"],
      options: [
        OptionDescription(
          "--where", "FIELD=VALUE", isRepeatable: true, "only those with this value"),
        OptionDescription("--search", "TEXT", "only those that hold these words"),
        OptionDescription("--sort", "FIELD", "in the order of this field"),
        OptionDescription("--limit", "N", "at most so many"),
        OptionDescription("--trash", "what was deleted instead"),
      ], "print the documents of a type"),
    CommandDescription(
      "update", ["TYPE", "ID", "[FILE|-]"], "change a document by a JSON merge patch"),
    CommandDescription(
      "delete", ["TYPE", "ID"],
      options: [
        OptionDescription(
          "--reason", "REASON", "mistake (without it), duplicate, retention or erasure")
      ], "put a document into the trash"),
    CommandDescription(
      "show patient", ["ID"],
      "a patient's appointments, invites, forms and results in order of time"
    ),
    CommandDescription("restore", ["TYPE", "ID"], "bring a document back from the trash"),
    CommandDescription("history", ["TYPE", "ID"], "who changed what, when, on which device"),
    CommandDescription(
      "merge patient", ["ID"],
      options: [OptionDescription("--into", "ID", "the patient that stands for both")],
      "say that two patients are one; nothing is lost, and it can be taken back"),
    CommandDescription("unmerge patient", ["ID"], "take a merge of patients back"),
  ]

  private static let imports = [
    CommandDescription(
      "import patients", ["FILE.csv"],
      options: [OptionDescription("--dry-run", "only report what would happen")],
      "take patients from a CSV file; doing it again changes nothing"),
    CommandDescription(
      "import appointments", ["FILE.csv"],
      options: [
        OptionDescription("--clinic", "ID", "the clinic they are at"),
        OptionDescription("--doctor", "ID", "the doctor they are with"),
        OptionDescription("--map", "FILE", "a JSON object: the file's column → ours"),
        OptionDescription("--dry-run", "only report what would happen"),
      ], "take appointments from a CSV file; doing it again changes nothing"),
    CommandDescription(
      "import legacy-invites", ["[FILE]"],
      options: [
        OptionDescription("--chats", "FILE", "chat sessions that were linked to the invites"),
        OptionDescription("--dry-run", "only report what would happen"),
        OptionDescription("--undo", "RUN", "take an import back, but for what was edited since"),
        OptionDescription("--check", "list what does not fit together"),
        OptionDescription("--finalize", "from now on every invite names its patient"),
      ], "make patients of the invites of an earlier system; doing it again changes nothing"),
  ]

  private static let outFile = OptionDescription(
    "--out", "FILE", "write a new file, for this user only, instead of standard output")

  private static func onlyType(_ types: String) -> OptionDescription {
    OptionDescription("--type", "TYPE", "only \(types)")
  }

  private static let exports = [
    CommandDescription(
      "export ndjson", options: [onlyType("the documents of this type"), outFile],
      "write the visible fields of all documents, a line of JSON each"),
    CommandDescription(
      "export csv",
      options: [OptionDescription("--type", "TYPE", "the type of the documents"), outFile],
      "write a table of one type; patients can be imported again"),
    CommandDescription(
      "export fhir",
      options: [
        onlyType("what documents of this type become"),
        OptionDescription(
          "--base", "URL", variable: "SATCHEL_FHIR_BASE",
          "where the clinic's own identifiers and extensions are defined"),
        OptionDescription("--with-notes", "also notes and the reasons of cancellations"),
        OptionDescription("--links", "also links to meetings"),
        OptionDescription("--codes", "also confirmation codes"), outFile,
      ], "write a FHIR R4 bundle"),
    CommandDescription(
      "export ics",
      options: [
        onlyType("appointment or recurring_availability"),
        OptionDescription("--initials", "also the initials of patients"),
        OptionDescription("--names", "also the names of patients; needs --yes"),
        OptionDescription("--yes", "the names are meant"),
        OptionDescription("--with-notes", "also notes"),
        OptionDescription("--links", "also links to meetings"), outFile,
      ], "write a calendar of appointments and weekly hours"),
  ]

  private static let clinic = [
    CommandDescription(
      "invite", ["PATIENT"],
      options: [
        OptionDescription("--provider", "ID", "the user who invites"),
        OptionDescription("--expiry-days", "N", "how long the invite holds, 14 without it"),
        OptionDescription("--message", "TEXT", "a personal message"),
        OptionDescription("--no-email", "the server sends no letter: the token is handed over"),
      ], "invite a patient; the token is shown this once, and the server sends a letter"),
    CommandDescription("invite revoke", ["ID"], "take an invite back"),
    CommandDescription("invite resend", ["ID"], "replace an invite by a new one"),
    CommandDescription(
      "invites", options: [OptionDescription("--patient", "ID", "of this patient only")],
      "print the invites"),
    CommandDescription(
      "book", ["PATIENT"],
      options: [
        OptionDescription("--doctor", "ID", "with whom"),
        OptionDescription("--date", "D", "YYYY-MM-DD"),
        OptionDescription("--time", "HH:MM", "by the clinic's clock"),
        OptionDescription("--duration", "MIN", "minutes, 30 without it"),
        OptionDescription("--type", "T", "in-clinic, virtual or home-visit"),
        OptionDescription("--category", "C", "new-patient or follow-up"),
        OptionDescription("--overbook", "REASON", "although the doctor is taken then"),
      ], "book an appointment"),
    CommandDescription(
      "reschedule", ["ID"],
      options: [
        OptionDescription("--date", "D", "YYYY-MM-DD"),
        OptionDescription("--time", "HH:MM", "by the clinic's clock"),
        OptionDescription("--overbook", "REASON", "although the doctor is taken then"),
      ], "move an appointment"),
    CommandDescription(
      "cancel", ["ID"],
      options: [
        OptionDescription(
          "--type", "T",
          "patient-cancelled, clinic-cancelled, rescheduled-externally or other"),
        OptionDescription("--note", "TEXT", "why"),
      ], "cancel an appointment"),
    CommandDescription(
      "schedule",
      options: [
        OptionDescription("--doctor", "ID", "of this doctor; without it of all"),
        OptionDescription("--date", "D", "YYYY-MM-DD; today without it"),
        OptionDescription("--week", "D", "the week of this day, from Monday"),
      ], "what is booked and what is free"),
    CommandDescription("confirm", ["ID"], "the patient will come"),
    CommandDescription("arrive", ["ID"], "the patient is here"),
    CommandDescription("complete", ["ID"], "the visit has taken place"),
    CommandDescription("no-show", ["ID"], "the patient did not come"),
    CommandDescription("reinstate", ["ID"], "undo a cancellation, a no-show or a completion"),
  ]

  private static let upkeep = [
    CommandDescription(
      "sync",
      options: [
        OptionDescription("--server", "URL", "the server's new address; it must be the same server")
      ], "send what the server lacks, fetch what this store lacks"),
    CommandDescription("review", "list what a person should decide"),
    CommandDescription("review list", "list what a person should decide"),
    CommandDescription("review show", ["ITEM"], "print an item with all its sides"),
    CommandDescription(
      "review resolve", ["ITEM"],
      options: [
        OptionDescription("--keep", "N", "keep side N, counted from 1"),
        OptionDescription("--value", "JSON", "write this value instead"),
        OptionDescription("--do", "ACTION", "carry out one of the item's actions"),
        OptionDescription("--reason", "TEXT", "why"),
      ], "decide an item"),
    CommandDescription("status", "what this store holds and how it stands with the server"),
    CommandDescription(
      "verify",
      options: [
        OptionDescription("--repair", "heal what is damaged; what was there is kept"),
        OptionDescription(
          "--give-up-lost",
          "take documents that a repair has lost here as gone, to rebuild a server"),
      ],
      "check every file, log record and index entry against its checksum"),
    CommandDescription(
      "encrypt",
      "encrypt the store with a passphrase; an encrypted one gets a new key. Prints a recovery key, once"
    ),
    CommandDescription("decrypt", "take the encryption off the store"),
    CommandDescription(
      "passphrase",
      options: [
        OptionDescription(
          "--new-passphrase-file", "FILE",
          "its first line is the new one; without it $SATCHEL_NEW_PASSPHRASE is, or the terminal asks"
        ),
        OptionDescription(
          "--recovery",
          "the old one is forgotten: $SATCHEL_RECOVERY_KEY or the terminal gives the key"),
      ], "give an encrypted store another passphrase"),
    CommandDescription("checkpoint", "bring every document into its file"),
    CommandDescription(
      "backup", ["DIR"], "copy the store as it is now; a second time only what has changed"),
    CommandDescription(
      "upgrade",
      options: [
        OptionDescription("--undo", "go back to the store as it was in the older format"),
        OptionDescription("--forget", "drop what is kept of the older format"),
      ], "bring the store to this program's format; opening it does so too"),
    CommandDescription(
      "restore-backup", ["DIR"], "make a store from a backup; it goes on under a new replica id"),
  ]
}

/// The version that `--version` prints.
package enum ProductVersion {
  package static let text = "0.1.0"
}
