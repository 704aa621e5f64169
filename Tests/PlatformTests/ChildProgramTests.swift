import Glibc
import Platform
import Testing

@Suite struct ChildProgramTests {
  @Test func `output and exit status of a program are known`() throws {
    let result = try ChildProgram.run("/bin/sh", ["-c", "echo \"$0\"; exit 3", "a b"])
    #expect(result.status == 3)
    #expect(String(decoding: result.output, as: UTF8.self) == "a b\n")
  }

  @Test func `a program that a signal ended has 128 and the signal`() throws {
    #expect(try ChildProgram.run("/bin/sh", ["-c", "kill -9 $$"]).status == 137)
  }

  @Test func `a program reads nothing`() throws {
    let result = try ChildProgram.run("/bin/cat", [])
    #expect(result.status == 0 && result.output.isEmpty)
  }

  @Test func `a program that is not there cannot be started`() {
    #expect(throws: SystemError("posix_spawn", "/nowhere", code: ENOENT)) {
      try ChildProgram.run("/nowhere", [])
    }
  }

  @Test func `a program that writes too much is stopped`() {
    #expect(throws: SystemError("read", "/bin/cat", code: EFBIG)) {
      try ChildProgram.run("/bin/cat", ["/dev/zero"], maximumByteCount: 1000)
    }
  }

  @Test func `no signal is blocked in a program`() throws {
    let watcher = SignalWatcher(signals: [SIGUSR2]) { _ in }
    defer { watcher.stop() }
    let result = try ChildProgram.run("/bin/sh", ["-c", "kill -USR2 $$; exit 0"])
    #expect(result.status == 128 + SIGUSR2)
  }
}
