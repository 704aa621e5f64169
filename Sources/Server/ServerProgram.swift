package import CommandLineTool

/// The version that `--version` prints, of all programs.
package enum ProductVersion {
  #if DEBUG
    package static let text = "0.1.0 (debug)"
  #else
    package static let text = "0.1.0"
  #endif
}

/// What `satchel-server` understands.
package enum ServerProgram {
  static let account = OptionDescription("--account", "ID", "the account")
  static let json = OptionDescription("--json", "print one JSON object, or one a line")

  package static let description = ProgramDescription(
    name: "satchel-server", version: ProductVersion.text,
    summary: "the server that clinic laptops sync with",
    globalOptions: [
      OptionDescription(
        "--data", "DIR", variable: "SATCHEL_DATA", "the server's data directory"),
      OptionDescription(
        "--config", "FILE", variable: "SATCHEL_CONFIG", "a JSON file with settings"),
      json,
    ],
    commands: [serve] + administration)

  private static let serve = CommandDescription(
    "serve",
    options: [
      OptionDescription(
        "--listen", "HOST:PORT", variable: "SATCHEL_LISTEN",
        "the address, 127.0.0.1:7420 without it; port 0 picks a free one"),
      OptionDescription("--port-file", "FILE", "gets HOST:PORT once the server listens"),
      OptionDescription(
        "--behind-proxy", "allow an address that is not loopback: a proxy in front does TLS"),
      OptionDescription(
        "--trusted-proxy", "ADDRESS", isRepeatable: true, variable: "SATCHEL_TRUSTED_PROXY",
        "a proxy, or a range such as 10.0.0.0/8, whose X-Forwarded-For is taken for true; without it those on "
          + "this machine"),
      OptionDescription(
        "--address-rate", "N", variable: "SATCHEL_ADDRESS_RATE",
        "requests a second that one address may send, 50 without it (this machine's own: any number)"
      ),
      OptionDescription(
        "--device-rate", "N", variable: "SATCHEL_DEVICE_RATE",
        "requests a second that one device may send, 100 without it"),
      OptionDescription(
        "--max-connections", "N", variable: "SATCHEL_MAX_CONNECTIONS",
        "open connections in total, 10000 without it"),
      OptionDescription(
        "--max-connections-per-address", "N", variable: "SATCHEL_MAX_CONNECTIONS_PER_ADDRESS",
        "of one peer, which may be the proxy; as many as in total without it"),
      OptionDescription(
        "--sendmail", "PROGRAM", variable: "SATCHEL_SENDMAIL",
        "sends letters: gets one on standard input, with -t -i; without it they stay in DIR/outbox"),
      OptionDescription(
        "--email-from", "ADDRESS", variable: "SATCHEL_EMAIL_FROM",
        "who letters are from, such as \"Clinic <no-reply@clinic.example>\""),
      OptionDescription(
        "--invite-page", "URL", variable: "SATCHEL_INVITE_PAGE",
        "where patients open their accounts; the token follows it"),
      OptionDescription(
        "--user-page", "URL", variable: "SATCHEL_USER_PAGE",
        "where users set their passwords; the token follows it"),
      OptionDescription(
        "--signup", "on|off", variable: "SATCHEL_SIGNUP", "whether anybody may open an account"),
      OptionDescription(
        "--token-secret", "TEXT", variable: "SATCHEL_TOKEN_SECRET",
        "signs logins, 32 characters or more; without it the server makes a key and keeps it"),
      OptionDescription(
        "--token-minutes", "N", variable: "SATCHEL_TOKEN_MINUTES",
        "how long a login holds, 480 without it"),
      OptionDescription(
        "--google-client-id", "ID", variable: "SATCHEL_GOOGLE_CLIENT_ID",
        "sign-in with Google: the client; off without it"),
      OptionDescription(
        "--google-client-secret", "TEXT", variable: "SATCHEL_GOOGLE_CLIENT_SECRET",
        "the client's secret"),
      OptionDescription(
        "--google-redirect", "URL", variable: "SATCHEL_GOOGLE_REDIRECT",
        "the page to which people come back"),
      OptionDescription(
        "--google-issuer", "URL", variable: "SATCHEL_GOOGLE_ISSUER",
        "another provider that works in the same way"),
      OptionDescription(
        "--ai-endpoint", "URL", variable: "SATCHEL_AI_ENDPOINT",
        "summaries of intake forms by a language model that speaks as OpenAI's; off without it"),
      OptionDescription(
        "--ai-key", "TEXT", variable: "SATCHEL_AI_KEY", "what the endpoint asks for, if anything"),
      OptionDescription(
        "--ai-model", "NAME", variable: "SATCHEL_AI_MODEL", "the model, gpt-4 without it"),
      OptionDescription(
        "--cors-origin", "URL", isRepeatable: true, variable: "SATCHEL_CORS_ORIGIN",
        "pages of this origin may use the API; several in the variable with commas"),
      OptionDescription(
        "--environment", "NAME", variable: "SATCHEL_ENVIRONMENT",
        "development, or production: refuses settings that are fit for trying out only"),
      OptionDescription(
        "--debug", "on|off", variable: "SATCHEL_DEBUG", "tell each request on standard error"),
    ], "answer laptops until SIGTERM or SIGINT")

  private static let administration = [
    CommandDescription(
      "account create", ["NAME"],
      options: [
        OptionDescription(
          "--id", "ID", "rebuild a lost server's account under its id: opens its recovery")
      ],
      "make an account and print its id"),
    CommandDescription("account list", "list the accounts"),
    CommandDescription(
      "account update", ["ID"],
      options: [
        OptionDescription("--name", "NAME", "another name"),
        OptionDescription(
          "--status", "STATUS", "active, inactive (read only) or suspended (closed)"),
        OptionDescription("--max-users", "N", "how many users it may have"),
        OptionDescription("--tier", "TEXT", "the subscription tier"),
      ], "change an account"),
    CommandDescription(
      "account suspend", ["ID"],
      "refuse all devices of an account; what is there and here stays"),
    CommandDescription("account resume", ["ID"], "let them in again"),
    CommandDescription(
      "user create",
      options: [
        account, OptionDescription("--email", "E", "the address, unique on the server"),
        OptionDescription(
          "--role", "ROLE",
          "super_admin, account_admin, owner, admin, clinician, office_staff or patient"),
        OptionDescription("--name", "NAME", "the full name"),
        OptionDescription("--password-stdin", "read the password from standard input"),
      ], "make a user and print the id"),
    CommandDescription("user list", options: [account], "list the users"),
    CommandDescription("user disable", ["EMAIL"], "refuse a user and his devices from now on"),
    CommandDescription(
      "code create",
      options: [
        account, OptionDescription("--user", "EMAIL", "who enrols the device"),
        OptionDescription("--minutes", "N", "how long the code holds, 10 without it"),
      ], "print a one-time enrolment code"),
    CommandDescription("device list", options: [account], "list the devices"),
    CommandDescription(
      "device revoke", ["DEVICE"],
      options: [
        OptionDescription(
          "--wipe", optional: "now",
          "it drops everything, after it gave what it had not sent; with =now at once, and that is lost"
        )
      ], "refuse a device (by id or name) from its next request on"),
    CommandDescription(
      "device retire", ["DEVICE"],
      "wait no longer for a device that is gone; one that comes back goes on under a new id"),
    CommandDescription(
      "recovery open", options: [account],
      "let laptops give back what this server has lost, other people's work too"),
    CommandDescription("recovery close", options: [account], "end that"),
    CommandDescription(
      "recovery status", options: [account], "whether it is open, who gave what, who would have"),
    CommandDescription(
      "backup", ["DIR"], "make a backup of everything; the server may run meanwhile"),
    CommandDescription(
      "restore-backup", ["DIR"],
      options: [
        OptionDescription(
          "--reset", "undo what was written since: laptops keep it aside instead of giving it back")
      ],
      "fill an empty data directory from a backup; laptops then give back what is newer"),
    CommandDescription("metrics-token", "print the token that GET /metrics asks for"),
    CommandDescription(
      "login-key rotate", "sign logins with a new key; those of before hold until they are over"),
    CommandDescription(
      "audit",
      options: [
        account,
        OptionDescription("--verify", "check that no line was changed, dropped or added"),
      ], "who did what, a line each"),
    CommandDescription("status", "what the server holds"),
    CommandDescription(
      "verify",
      options: [OptionDescription("--repair", "heal what is damaged; what was there is kept")],
      "check every file, log record and index entry against its checksum"),
    CommandDescription("checkpoint", "bring every document into its file"),
  ]
}
