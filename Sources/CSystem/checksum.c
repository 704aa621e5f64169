#include "include/checksum.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define HAS_INSTRUCTION_PATH 1
#define USES_INSTRUCTION __attribute__((target("sse4.2")))
#define STEP_8(state, byte) _mm_crc32_u8((uint32_t)(state), (byte))
#define STEP_64(state, word) _mm_crc32_u64((state), (word))
#elif defined(__ARM_FEATURE_CRC32) && defined(__aarch64__) && !defined(__ARM_BIG_ENDIAN)
#include <arm_acle.h>
#define HAS_INSTRUCTION_PATH 1
#define USES_INSTRUCTION
#define STEP_8(state, byte) __crc32cb((uint32_t)(state), (byte))
#define STEP_64(state, word) __crc32cd((uint32_t)(state), (word))
#else
#define HAS_INSTRUCTION_PATH 0
#endif

// Below, a *state* is the inverted checksum: the register of the polynomial division.

static const uint32_t reflected_polynomial = 0x82F63B78;

// MARK: Tables

/// `byte_tables[k][b]` is the state that follows from state 0, byte `b` and then `k` zero bytes.
static uint32_t byte_tables[8][256];

static void fill_byte_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t state = byte;
        for (int bit = 0; bit < 8; bit++) {
            state = (state >> 1) ^ ((state & 1) ? reflected_polynomial : 0);
        }
        byte_tables[0][byte] = state;
    }
    for (int zeros = 1; zeros < 8; zeros++) {
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint32_t state = byte_tables[zeros - 1][byte];
            byte_tables[zeros][byte] = (state >> 8) ^ byte_tables[0][state & 0xFF];
        }
    }
}

static uint32_t little_endian_32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16
        | (uint32_t)bytes[3] << 24;
}

uint32_t checksum_crc32c_by_table(const void *bytes, size_t count, uint32_t seed) {
    const uint8_t *next = bytes;
    uint32_t state = ~seed;
    for (; count >= 8; next += 8, count -= 8) {
        uint32_t low = state ^ little_endian_32(next);
        uint32_t high = little_endian_32(next + 4);
        state = byte_tables[7][low & 0xFF] ^ byte_tables[6][low >> 8 & 0xFF]
            ^ byte_tables[5][low >> 16 & 0xFF] ^ byte_tables[4][low >> 24]
            ^ byte_tables[3][high & 0xFF] ^ byte_tables[2][high >> 8 & 0xFF]
            ^ byte_tables[1][high >> 16 & 0xFF] ^ byte_tables[0][high >> 24];
    }
    for (; count > 0; next++, count--) {
        state = (state >> 8) ^ byte_tables[0][(state ^ *next) & 0xFF];
    }
    return ~state;
}

// MARK: Instruction

#if HAS_INSTRUCTION_PATH

/// The instruction takes three cycles but one can start every cycle, so a large buffer is read in
/// three lanes of this many bytes at once.
enum { lane_byte_count = 1024 };

/// `lane_tables[k][b]` is the state `b << 8k` after a lane of zero bytes. A state is a polynomial
/// over GF(2), and feeding zeros is linear in it, so the four bytes of a state are looked up apart.
static uint32_t lane_tables[4][256];

static uint32_t past_one_lane(uint32_t state) {
    return lane_tables[0][state & 0xFF] ^ lane_tables[1][state >> 8 & 0xFF]
        ^ lane_tables[2][state >> 16 & 0xFF] ^ lane_tables[3][state >> 24];
}

static void fill_lane_tables(void) {
    uint8_t zeros[lane_byte_count] = {0};
    for (int place = 0; place < 4; place++) {
        for (uint32_t bit = 1; bit < 256; bit <<= 1) {
            uint32_t state = bit << (8 * place);
            lane_tables[place][bit] = ~checksum_crc32c_by_table(zeros, lane_byte_count, ~state);
            for (uint32_t lower = 1; lower < bit; lower++) {
                lane_tables[place][bit | lower] =
                    lane_tables[place][bit] ^ lane_tables[place][lower];
            }
        }
    }
}

static uint64_t word_at(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

USES_INSTRUCTION static uint32_t three_lanes(const uint8_t *bytes, uint32_t state) {
    uint64_t first = state, second = 0, third = 0;
    for (size_t place = 0; place < lane_byte_count; place += 8) {
        first = STEP_64(first, word_at(bytes + place));
        second = STEP_64(second, word_at(bytes + lane_byte_count + place));
        third = STEP_64(third, word_at(bytes + 2 * lane_byte_count + place));
    }
    uint32_t first_and_second = past_one_lane((uint32_t)first) ^ (uint32_t)second;
    return past_one_lane(first_and_second) ^ (uint32_t)third;
}

USES_INSTRUCTION
uint32_t checksum_crc32c_by_instruction(const void *bytes, size_t count, uint32_t seed) {
    const uint8_t *next = bytes;
    uint32_t state = ~seed;
    for (; count >= 3 * lane_byte_count; count -= 3 * lane_byte_count) {
        state = three_lanes(next, state);
        next += 3 * lane_byte_count;
    }
    uint64_t wide = state;
    for (; count >= 8; next += 8, count -= 8) {
        wide = STEP_64(wide, word_at(next));
    }
    state = (uint32_t)wide;
    for (; count > 0; next++, count--) {
        state = STEP_8(state, *next);
    }
    return ~state;
}

#else

uint32_t checksum_crc32c_by_instruction(const void *bytes, size_t count, uint32_t seed) {
    return checksum_crc32c_by_table(bytes, count, seed);
}

#endif

// MARK: Choice

static bool has_instruction;

bool checksum_has_instruction(void) { return has_instruction; }

uint32_t checksum_crc32c(const void *bytes, size_t count, uint32_t seed) {
    return has_instruction ? checksum_crc32c_by_instruction(bytes, count, seed)
                           : checksum_crc32c_by_table(bytes, count, seed);
}

/// Runs before `main`, so no caller has to check whether the tables are filled.
__attribute__((constructor)) static void prepare_checksums(void) {
    fill_byte_tables();
#if HAS_INSTRUCTION_PATH
    fill_lane_tables();
#if defined(__x86_64__)
    __builtin_cpu_init();
    has_instruction = __builtin_cpu_supports("sse4.2");
#else
    has_instruction = true;
#endif
#endif
}
