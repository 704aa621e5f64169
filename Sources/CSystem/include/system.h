// Calls of the system that Swift's Glibc module hides. Unless said otherwise, they return 0 or a
// non-negative result, and on failure the negated errno: nothing can overwrite it on the way.
#ifndef SATCHEL_SYSTEM_H
#define SATCHEL_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What `lstat` knows, and the time of creation.
struct system_status {
    uint32_t mode;
    uint64_t byte_count;
    uint64_t inode;
    uint64_t device;
    int64_t modified_seconds;
    uint32_t modified_nanoseconds;
    bool has_birth_time;
    int64_t birth_seconds;
    uint32_t birth_nanoseconds;
};

/// The status of what `path` names; a symbolic link is not followed.
int system_status_of(const char *_Nonnull path, struct system_status *_Nonnull result);

/// Makes everything durable that was written to the file system which holds `descriptor`.
int system_sync_file_system(int descriptor);

/// 1 if the file system that holds `path` keeps everything in memory, else 0.
int system_is_in_memory(const char *_Nonnull path);

/// Reserves disk space for the first `byte_count` bytes; a shorter file grows, filled with zeros.
int system_allocate(int descriptor, int64_t byte_count);

/// Takes (without waiting) the exclusive lock of the open file. -EWOULDBLOCK: somebody has it.
int system_try_lock(int descriptor);

/// Gives up the lock of the open file, also for every other descriptor of it.
int system_unlock(int descriptor);

/// Fills `bytes` from the kernel's random generator; may stop early: returns how many it filled.
long system_random(void *_Nonnull bytes, size_t count);

/// Opens a descriptor from which the listed signals can be read, closed on exec.
int system_open_signals(const int *_Nonnull signals, size_t count);

/// Waits for the next signal of such a descriptor, and returns its number.
int system_next_signal(int descriptor);

/// Writes the system's English words for an errno into `text`, ended by a zero byte.
void system_describe(int code, char *_Nonnull text, size_t byte_count);

/// Lets the system write no image of this process's memory when it crashes, and nobody else read it.
void system_forbid_memory_dumps(void);

/// Gives memory that nobody uses back to the system.
void system_release_free_memory(void);

#endif
