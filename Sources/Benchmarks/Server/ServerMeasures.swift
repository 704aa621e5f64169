/// The measures of the group `server`, and what is promised of each.
enum ServerMeasures {
  /// Answers of `/health` over connections that stay open, beside nginx with a worker for each core.
  static let health = Measure("health_vs_nginx", "per_s", .higher, .ratio, 0.7)
  /// What the server's process works for one of them, beside nginx.
  static let healthCPU = Measure("health_cpu_us", "us", .lower, .ratio, 1.2)
  /// What 5,000 connections that wait after an answer make the server grow by.
  static let idle = Measure("idle_5000_mb", "mb", .lower, .value, 24)
  /// Of 50 exchanges a second with one change each, durable, while 500 laptops of 50 accounts wait for news.
  static let exchange = Measure("exchange_p99_ms", "ms", .lower, .value, 50)
  /// The same while all 500 are of one account, and each exchange wakes them.
  static let exchangeOfOne = Measure("exchange_p99_one_account_ms", "ms", .lower, .value, 50)

  /// The same while two laptops of another account of 100,000 documents fetch all of it for the first time.
  static let exchangeBeside = Measure(
    "exchange_p99_beside_first_syncs_ms", "ms", .lower, .value, 50)

  static let all = [health, healthCPU, idle, exchange, exchangeOfOne, exchangeBeside]
}
