/*
 * io/sha256.h -- the SHA-256 digest of files and texts.                      floor 7.0
 *
 * FIPS 180-4. It names an input file in the result and finds that a file has changed
 * between a run and its resumption; nothing here is meant as protection.
 */
#ifndef RIP_IO_SHA256_H
#define RIP_IO_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define RIP_SHA256_HEX 65 /* bytes of a digest as text, terminator included */

typedef struct rip_sha256 {
    uint32_t state[8];
    uint64_t n_byte;   /* taken so far */
    uint8_t block[64]; /* the bytes of the last, unfinished block */
} rip_sha256;

void rip_sha256_begin(rip_sha256 *self);
void rip_sha256_add(rip_sha256 *self, const void *data, size_t size);
/* Ends the digest and writes it in lower-case hexadecimal digits to hex. */
void rip_sha256_end(rip_sha256 *self, char hex[RIP_SHA256_HEX]);

#endif /* RIP_IO_SHA256_H */
