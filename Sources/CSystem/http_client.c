#define _GNU_SOURCE
#include "http_client.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// The names and numbers of libcurl's stable binary interface.
enum {
    OPTION_LOW_SPEED_LIMIT = 19,
    OPTION_LOW_SPEED_TIME = 20,
    OPTION_VERBOSE = 41,
    OPTION_NOPROGRESS = 43,
    OPTION_POST = 47,
    OPTION_NOSIGNAL = 99,
    OPTION_CONNECTTIMEOUT_MS = 156,
    OPTION_PROTOCOLS = 181,
    OPTION_WRITEDATA = 10001,
    OPTION_URL = 10002,
    OPTION_POSTFIELDS = 10015,
    OPTION_USERAGENT = 10018,
    OPTION_HTTPHEADER = 10023,
    OPTION_HEADERDATA = 10029,
    OPTION_XFERINFODATA = 10057,
    OPTION_CAINFO = 10065,
    OPTION_DEBUGDATA = 10095,
    OPTION_ACCEPT_ENCODING = 10102,
    OPTION_WRITEFUNCTION = 20011,
    OPTION_HEADERFUNCTION = 20079,
    OPTION_DEBUGFUNCTION = 20094,
    OPTION_XFERINFOFUNCTION = 20219,
    OPTION_POSTFIELDSIZE_LARGE = 30120,
    INFO_RESPONSE_CODE = 0x200002,
    PROTOCOLS_HTTP_AND_HTTPS = 3,
    GLOBAL_DEFAULT = 3,
};

enum { CONNECT_MILLISECONDS = 30000, MAXIMUM_ANSWER = 256 << 20 };

static struct {
    int is_there;
    int (*global_init)(long);
    void *(*init)(void);
    void (*reset)(void *);
    int (*set)(void *, int, ...);
    int (*perform)(void *);
    int (*info)(void *, int, ...);
    void (*cleanup)(void *);
    const char *(*words)(int);
    void *(*append)(void *, const char *);
    void (*free_list)(void *);
} curl;

static void load(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    curl.global_init = dlsym(library, "curl_global_init");
    curl.init = dlsym(library, "curl_easy_init");
    curl.reset = dlsym(library, "curl_easy_reset");
    curl.set = dlsym(library, "curl_easy_setopt");
    curl.perform = dlsym(library, "curl_easy_perform");
    curl.info = dlsym(library, "curl_easy_getinfo");
    curl.cleanup = dlsym(library, "curl_easy_cleanup");
    curl.words = dlsym(library, "curl_easy_strerror");
    curl.append = dlsym(library, "curl_slist_append");
    curl.free_list = dlsym(library, "curl_slist_free_all");
    curl.is_there = curl.global_init && curl.init && curl.reset && curl.set && curl.perform &&
                                    curl.info && curl.cleanup && curl.words && curl.append && curl.free_list &&
                                    curl.global_init(GLOBAL_DEFAULT) == 0;
}

struct buffer {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
};

struct satchel_http {
    void *easy;
    struct buffer head;
    struct buffer body;
    int head_is_whole;
    atomic_int is_cancelled;
    size_t sent;
    size_t received;
};

satchel_http *satchel_http_open(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (!curl.is_there) return NULL;
    satchel_http *client = calloc(1, sizeof *client);
    if (!client) return NULL;
    client->easy = curl.init();
    if (client->easy) return client;
    free(client);
    return NULL;
}

void satchel_http_close(satchel_http *client) {
    curl.cleanup(client->easy);
    free(client->head.bytes);
    free(client->body.bytes);
    free(client);
}

static int append(struct buffer *buffer, const char *bytes, size_t count) {
    if (count > MAXIMUM_ANSWER - buffer->length) return 0;
    if (buffer->length + count > buffer->capacity) {
        size_t capacity = 2 * (buffer->length + count);
        uint8_t *larger = realloc(buffer->bytes, capacity);
        if (!larger) return 0;
        buffer->bytes = larger;
        buffer->capacity = capacity;
    }
    memcpy(buffer->bytes + buffer->length, bytes, count);
    buffer->length += count;
    return 1;
}

static size_t take_head(char *line, size_t size, size_t count, void *context) {
    satchel_http *client = context;
    size_t length = size * count;
    // An interim answer, such as 100, has a head of its own: the last one counts.
    if (client->head_is_whole || (length > 5 && memcmp(line, "HTTP/", 5) == 0)) {
        client->head.length = 0;
        client->head_is_whole = 0;
    }
    if (length <= 2 && (line[0] == '\r' || line[0] == '\n')) client->head_is_whole = 1;
    return append(&client->head, line, length) ? length : 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    satchel_http *client = context;
    return append(&client->body, bytes, size * count) ? size * count : 0;
}

static int count_bytes(void *easy, int kind, char *bytes, size_t count, void *context) {
    (void)easy;
    (void)bytes;
    satchel_http *client = context;
    if (kind == 1 || kind == 3) client->received += count;
    if (kind == 2 || kind == 4) client->sent += count;
    return 0;
}

void satchel_http_cancel(satchel_http *client) {
    atomic_store(&client->is_cancelled, 1);
}

/// Called at least once a second while a request is under way.
static int ask_to_end(void *context, int64_t a, int64_t b, int64_t c, int64_t d) {
    (void)a, (void)b, (void)c, (void)d;
    satchel_http *client = context;
    return atomic_load(&client->is_cancelled);
}

static void set_up(satchel_http *client, const char *url, const char *certificates) {
    curl.reset(client->easy);
    curl.set(client->easy, OPTION_URL, url);
    curl.set(client->easy, OPTION_PROTOCOLS, (long)PROTOCOLS_HTTP_AND_HTTPS);
    curl.set(client->easy, OPTION_NOSIGNAL, 1L);
    curl.set(client->easy, OPTION_CONNECTTIMEOUT_MS, (long)CONNECT_MILLISECONDS);
    curl.set(client->easy, OPTION_LOW_SPEED_LIMIT, 1L);
    curl.set(client->easy, OPTION_USERAGENT, "satchel");
    curl.set(client->easy, OPTION_ACCEPT_ENCODING, "gzip, deflate");
    curl.set(client->easy, OPTION_HEADERFUNCTION, take_head);
    curl.set(client->easy, OPTION_HEADERDATA, client);
    curl.set(client->easy, OPTION_WRITEFUNCTION, take_body);
    curl.set(client->easy, OPTION_WRITEDATA, client);
    curl.set(client->easy, OPTION_DEBUGFUNCTION, count_bytes);
    curl.set(client->easy, OPTION_DEBUGDATA, client);
    curl.set(client->easy, OPTION_VERBOSE, 1L);
    curl.set(client->easy, OPTION_XFERINFOFUNCTION, ask_to_end);
    curl.set(client->easy, OPTION_XFERINFODATA, client);
    curl.set(client->easy, OPTION_NOPROGRESS, 0L);
    if (certificates) curl.set(client->easy, OPTION_CAINFO, certificates);
}

satchel_http_answer satchel_http_post(
        satchel_http *client, const char *url, const char *certificates,
        const char *const *headers, size_t count, const uint8_t *body, size_t length,
        long idle_seconds) {
    set_up(client, url, certificates);
    client->head.length = client->body.length = 0;
    client->head_is_whole = 0;
    client->sent = client->received = 0;
    // An empty value takes out a header that libcurl would add.
    void *list = curl.append(NULL, "Expect:");
    for (size_t index = 0; index < count; index++) {
        void *longer = curl.append(list, headers[index]);
        if (longer) list = longer;
    }
    curl.set(client->easy, OPTION_HTTPHEADER, list);
    curl.set(client->easy, OPTION_LOW_SPEED_TIME, idle_seconds);
    curl.set(client->easy, OPTION_POST, 1L);
    curl.set(client->easy, OPTION_POSTFIELDSIZE_LARGE, (int64_t)length);
    curl.set(client->easy, OPTION_POSTFIELDS, body);
    satchel_http_answer answer = {.code = curl.perform(client->easy)};
    curl.info(client->easy, INFO_RESPONSE_CODE, &answer.status);
    curl.free_list(list);
    if (answer.code == 0 && !client->head_is_whole) answer.code = SATCHEL_HTTP_BROKEN;
    answer.head = client->head.bytes;
    answer.head_length = client->head.length;
    answer.body = client->body.bytes;
    answer.body_length = client->body.length;
    answer.sent = client->sent;
    answer.received = client->received;
    return answer;
}

const char *satchel_http_words(satchel_http *client, int code) {
    (void)client;
    return curl.words(code);
}
