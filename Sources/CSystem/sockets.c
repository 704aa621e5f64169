#define _GNU_SOURCE
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define READY_AT_ONCE 256

static int result_or_errno(int result) { return result < 0 ? -errno : result; }

static uint32_t to_kernel(uint32_t events) {
  return ((events & SATCHEL_READABLE) ? EPOLLIN : 0) |
         ((events & SATCHEL_WRITABLE) ? EPOLLOUT : 0) |
         ((events & SATCHEL_PEER_FINISHED) ? EPOLLRDHUP : 0);
}

static uint32_t from_kernel(uint32_t events) {
  return ((events & EPOLLIN) ? SATCHEL_READABLE : 0) |
         ((events & EPOLLOUT) ? SATCHEL_WRITABLE : 0) |
         ((events & EPOLLRDHUP) ? SATCHEL_PEER_FINISHED : 0) |
         ((events & (EPOLLERR | EPOLLHUP)) ? SATCHEL_BROKEN : 0);
}

int satchel_epoll_create(void) { return result_or_errno(epoll_create1(EPOLL_CLOEXEC)); }

int satchel_epoll_control(int epoll, int operation, int descriptor, uint32_t events,
                          uint64_t token) {
  struct epoll_event event = {.events = to_kernel(events), .data.u64 = token};
  int kernel_operation = operation == SATCHEL_EPOLL_ADD      ? EPOLL_CTL_ADD
                         : operation == SATCHEL_EPOLL_MODIFY ? EPOLL_CTL_MOD
                                                             : EPOLL_CTL_DEL;
  return result_or_errno(epoll_ctl(epoll, kernel_operation, descriptor, &event));
}

int satchel_epoll_wait(int epoll, struct satchel_ready *ready, int capacity, int timeout_ms) {
  struct epoll_event events[READY_AT_ONCE];
  int count = epoll_wait(epoll, events, capacity < READY_AT_ONCE ? capacity : READY_AT_ONCE,
                         timeout_ms);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) {
    ready[i].token = events[i].data.u64;
    ready[i].events = from_kernel(events[i].events);
  }
  return count;
}

int satchel_event_create(void) { return result_or_errno(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int satchel_accept(int listener, struct sockaddr *address, socklen_t *length) {
  return result_or_errno(accept4(listener, address, length, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

int satchel_open_directory(const char *path) {
  return result_or_errno(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
}
