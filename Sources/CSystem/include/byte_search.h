#ifndef SATCHEL_BYTE_SEARCH_H
#define SATCHEL_BYTE_SEARCH_H

#include <stddef.h>

/// Where some bytes first occur in others, by the system's `memmem`, which takes time in proportion to both
/// together; null if nowhere.
const void *_Nullable satchel_find(
        const void *_Nonnull bytes, size_t count, const void *_Nonnull word, size_t length);

#endif
