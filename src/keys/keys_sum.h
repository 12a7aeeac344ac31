/* keys_sum -- the checksum of a row of the key tables: of its bytes and its place. Every
 * change of up to 8 bytes that lie together changes it, any other with all but a chance of
 * one in 2^64. It is against damage, not against a forger. It is on disk: what makes it can
 * never change. */
#ifndef OFFHOOK_KEYS_KEYS_SUM_H
#define OFFHOOK_KEYS_KEYS_SUM_H

#include <stddef.h>
#include <stdint.h>

int64_t keys_sum(const void *bytes, size_t size, int64_t place);

#endif
