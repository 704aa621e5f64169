#define _GNU_SOURCE
#include "include/system.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

static int result_of(int returned) { return returned < 0 ? -errno : returned; }

int system_status_of(const char *path, struct system_status *result) {
    struct statx found;
    int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    if (statx(AT_FDCWD, path, flags, STATX_BASIC_STATS | STATX_BTIME, &found) < 0) {
        return -errno;
    }
    *result = (struct system_status){
        .mode = found.stx_mode,
        .byte_count = found.stx_size,
        .inode = found.stx_ino,
        .device = makedev(found.stx_dev_major, found.stx_dev_minor),
        .modified_seconds = found.stx_mtime.tv_sec,
        .modified_nanoseconds = found.stx_mtime.tv_nsec,
        .has_birth_time = (found.stx_mask & STATX_BTIME) != 0,
        .birth_seconds = found.stx_btime.tv_sec,
        .birth_nanoseconds = found.stx_btime.tv_nsec,
    };
    return 0;
}

int system_sync_file_system(int descriptor) { return result_of(syncfs(descriptor)); }

int system_is_in_memory(const char *path) {
    struct statfs found;
    if (statfs(path, &found) < 0) {
        return -errno;
    }
    return found.f_type == TMPFS_MAGIC || found.f_type == RAMFS_MAGIC;
}

int system_allocate(int descriptor, int64_t byte_count) {
    return result_of(fallocate(descriptor, 0, 0, byte_count));
}

int system_try_lock(int descriptor) { return result_of(flock(descriptor, LOCK_EX | LOCK_NB)); }

int system_unlock(int descriptor) { return result_of(flock(descriptor, LOCK_UN)); }

long system_random(void *bytes, size_t count) {
    ssize_t filled = getrandom(bytes, count, 0);
    return filled < 0 ? -errno : filled;
}

int system_open_signals(const int *signals, size_t count) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t index = 0; index < count; index++) {
        if (sigaddset(&set, signals[index]) < 0) {
            return -errno;
        }
    }
    return result_of(signalfd(-1, &set, SFD_CLOEXEC));
}

int system_next_signal(int descriptor) {
    struct signalfd_siginfo information;
    ssize_t count = read(descriptor, &information, sizeof information);
    if (count < 0) {
        return -errno;
    }
    return count == sizeof information ? (int)information.ssi_signo : -EIO;
}

void system_describe(int code, char *text, size_t byte_count) {
    if (byte_count == 0) {
        return;
    }
    const char *words = strerrordesc_np(code);
    if (words) {
        snprintf(text, byte_count, "%s", words);
    } else {
        snprintf(text, byte_count, "error %d", code);
    }
}

void system_release_free_memory(void) { malloc_trim(0); }

void system_forbid_memory_dumps(void) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    // Swift's own report of a crash shows what registers point at.
    const int crashes[] = {SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) signal(crashes[i], SIG_DFL);
}
