#define _GNU_SOURCE
#include "byte_search.h"

#include <string.h>

const void *satchel_find(const void *bytes, size_t count, const void *word, size_t length) {
    return memmem(bytes, count, word, length);
}
