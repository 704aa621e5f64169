#ifndef SATCHEL_HTTP_CLIENT_H
#define SATCHEL_HTTP_CLIENT_H

#include <stddef.h>
#include <stdint.h>

// HTTP and HTTPS requests by the system's libcurl, which is loaded at the first use.

typedef struct satchel_http satchel_http;

/// What came back. The bytes belong to the client and stay until its next request.
typedef struct {
    /// 0, or the code of libcurl; `SATCHEL_HTTP_BROKEN` if the answer's head is not whole.
    int code;
    long status;
    /// The last answer's head: lines that end in CR LF.
    const uint8_t *head;
    size_t head_length;
    const uint8_t *body;
    size_t body_length;
    /// All bytes on the connection, without what TLS adds.
    size_t sent;
    size_t received;
} satchel_http_answer;

enum {
    SATCHEL_HTTP_NO_HOST = 6,
    SATCHEL_HTTP_NO_CONNECTION = 7,
    SATCHEL_HTTP_PARTIAL = 18,
    SATCHEL_HTTP_TOO_LARGE = 23,
    SATCHEL_HTTP_TIMED_OUT = 28,
    SATCHEL_HTTP_CANCELLED = 42,
    SATCHEL_HTTP_BROKEN = 52,
    SATCHEL_HTTP_NOT_SENT = 55,
    SATCHEL_HTTP_NOT_RECEIVED = 56,
    SATCHEL_HTTP_NOT_TRUSTED = 60,
    SATCHEL_HTTP_BAD_CERTIFICATES = 77,
};

/// A client for one thread at a time; it keeps its connection. Null if libcurl is missing.
satchel_http *satchel_http_open(void);
void satchel_http_close(satchel_http *client);

/// Ends the request that is under way within a second, and every later one at once, with the code
/// `SATCHEL_HTTP_CANCELLED`. From any thread.
void satchel_http_cancel(satchel_http *client);

/// Sends a POST and waits for the answer.
/// certificates: a PEM file, or null for the system's. headers: `count` lines "Name: value".
/// idle_seconds: how long nothing may move.
satchel_http_answer satchel_http_post(
        satchel_http *client, const char *url, const char *certificates,
        const char *const *headers, size_t count, const uint8_t *body, size_t length,
        long idle_seconds);

/// What a code means, in libcurl's words.
const char *satchel_http_words(satchel_http *client, int code);

#endif
