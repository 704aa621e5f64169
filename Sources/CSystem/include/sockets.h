#ifndef SATCHEL_SOCKETS_H
#define SATCHEL_SOCKETS_H

// The socket calls that Swift's C library module does not show.
// Every function returns a negative errno on failure.

#include <stdint.h>
#include <sys/socket.h>

/// One ready descriptor; the kernel's own record is packed, this one is not.
struct satchel_ready {
  uint64_t token;
  uint32_t events;
};

enum satchel_ready_events {
  SATCHEL_READABLE = 1,
  SATCHEL_WRITABLE = 2,
  SATCHEL_PEER_FINISHED = 4,
  SATCHEL_BROKEN = 8,
};

enum satchel_epoll_operation {
  SATCHEL_EPOLL_ADD = 1,
  SATCHEL_EPOLL_MODIFY = 2,
  SATCHEL_EPOLL_REMOVE = 3,
};

int satchel_epoll_create(void);
int satchel_epoll_control(int epoll, int operation, int descriptor, uint32_t events,
                          uint64_t token);

/// Fills at most `capacity` (and at most 256) records and returns how many. An interrupted wait
/// returns 0.
int satchel_epoll_wait(int epoll, struct satchel_ready *ready, int capacity, int timeout_ms);

/// A counter to wake a poller: non-blocking, closed on exec.
int satchel_event_create(void);

/// Accepts one connection, non-blocking and closed on exec.
int satchel_accept(int listener, struct sockaddr *address, socklen_t *length);

/// Opens a directory only to name files in it (O_PATH).
int satchel_open_directory(const char *path);

#endif
