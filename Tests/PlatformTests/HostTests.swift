import Glibc
import Platform
import Testing

@Suite struct HostTests {
  @Test func `random bytes come in the number asked for and differ`() {
    #expect(SystemRandom().bytes(0) == [])
    #expect(SystemRandom().bytes(33).count == 33)
    #expect(SystemRandom().bytes(100_000).count == 100_000)
    #expect(SystemRandom().bytes(32) != SystemRandom().bytes(32))
    #expect(Set(SystemRandom().bytes(10_000)).count == 256)
  }

  @Test func `a random number is made of eight bytes, the lowest first`() {
    struct Counting: RandomSource {
      func bytes(_ count: Int) -> [UInt8] { (1...count).map { UInt8($0) } }
    }
    #expect(Counting().uint64() == 0x0807_0605_0403_0201)
  }

  @Test func `the wall clock tells milliseconds since 1970`() {
    var seconds = time(nil)
    let now = SystemClock().now()
    #expect(now / 1_000 >= UInt64(seconds) - 1)
    seconds = time(nil)
    #expect(now / 1_000 <= UInt64(seconds) + 1)
  }

  @Test func `the monotonic clock never goes back`() {
    var last = monotonicMilliseconds()
    for _ in 0..<1_000 {
      let next = monotonicMilliseconds()
      #expect(next >= last)
      last = next
    }
  }

  @Test(arguments: [
    ("0123456789abcdef0123456789abcdef\n", "0123456789abcdef0123456789abcdef"),
    ("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
    ("uninitialized\n", nil), ("", nil), ("0123456789ABCDEF0123456789ABCDEF\n", nil),
    ("0123456789abcdef0123456789abcdef0\n", nil),
  ])
  func `a machine id is 32 hexadecimal digits`(content: String, id: String?) throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/machine-id"
      #expect(Host.machineID(path: path) == nil)
      try POSIXFileSystem().writeFileDurably(path, Array(content.utf8))
      #expect(Host.machineID(path: path) == id)
    }
  }

  @Test func `the host tells names, environment and process`() {
    var name = utsname()
    #expect(uname(&name) == 0)
    let nodeName = withUnsafeBytes(of: &name.nodename) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    #expect(Host.hostName() == nodeName)
    #expect(Host.userName() == String(cString: getpwuid(geteuid()).pointee.pw_name))
    #expect(Host.environment("PATH")?.isEmpty == false)
    #expect(Host.environment("SATCHEL_NOT_SET") == nil)
    #expect(Host.processID == getpid())
  }
}

struct BootTests {
  @Test func `a boot has one name as long as it lasts`() throws {
    #expect(Host.bootID() == Host.bootID())
    #expect(Host.bootID(path: "/nowhere") == "")
    #expect(Host.bootID().utf8.count == 36)
  }
}
