/* bech32 -- 32 bytes of key as text with a checksum, as age writes its keys: "age1…" and
 * "AGE-SECRET-KEY-1…" (BIP 173, without its limit of length). */
#ifndef OFFHOOK_SECRETS_BECH32_H
#define OFFHOOK_SECRETS_BECH32_H

#include <stdbool.h>
#include <stddef.h>

#include "util/span.h"

enum {
	BECH32_KEY = 32, /* bytes */
	BECH32_TEXT_SIZE =
	    80 /* of a text with the NUL; prefixes have at most 20 bytes */
};

/* prefix is what stands before the 1, in lower case. The text is in lower case. */
void bech32_write(char out[BECH32_TEXT_SIZE], const char *prefix,
    const unsigned char key[BECH32_KEY]);
/* False when the text is anything but 32 bytes under that prefix. All of it is in lower
 * case, or all of it in upper case. */
bool bech32_read(unsigned char key[BECH32_KEY], const char *prefix, struct span text);

#endif
