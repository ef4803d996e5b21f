/*
 * io/checksum.h -- finds that a file was cut, damaged or edited.            floor 7.0
 *
 * CRC-64/XZ: the polynomial of ECMA-182, bits reflected, begun and ended with all ones,
 * so that the digits "123456789" give 995dc9bbdf1939fa. Any change within 64
 * consecutive bits is found for certain, any other with a chance of 1 - 2^-64. It is no
 * protection against intent.
 */
#ifndef RIP_IO_CHECKSUM_H
#define RIP_IO_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Of no bytes. */
#define RIP_CHECKSUM_EMPTY UINT64_C(0)

/* The checksum of what `before` is the checksum of, followed by size bytes of data. */
uint64_t rip_checksum(uint64_t before, const void *data, size_t size);

#endif /* RIP_IO_CHECKSUM_H */
