// CRC-32C (Castagnoli): polynomial 0x1EDC6F41, reflected, initial value and final XOR 0xFFFFFFFF.
//
// Every function continues from `seed`, the checksum of what came before: 0 at the start, and
// crc(a || b, 0) == crc(b, crc(a, 0)). `bytes` may be NULL if `count` is 0. All are safe to call
// from any thread and agree on every input.
#ifndef SATCHEL_CHECKSUM_H
#define SATCHEL_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The checksum by the fastest means that this processor has.
uint32_t checksum_crc32c(const void *_Nullable bytes, size_t count, uint32_t seed);

/// The checksum by tables, eight bytes at a time, on any processor.
uint32_t checksum_crc32c_by_table(const void *_Nullable bytes, size_t count, uint32_t seed);

/// Whether this processor has an instruction for CRC-32C.
bool checksum_has_instruction(void);

/// The checksum by the processor's instruction. Call only if `checksum_has_instruction()`.
uint32_t checksum_crc32c_by_instruction(const void *_Nullable bytes, size_t count, uint32_t seed);

#endif
