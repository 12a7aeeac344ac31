/* symbols -- function names of a program or library, from its ELF symbol table, static
 * functions included. */
#ifndef OFFHOOK_POOL_SYMBOLS_H
#define OFFHOOK_POOL_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "on_sms+0x12" into out; false (and out "") when the file cannot be read, is stripped,
 * or has no function there. */
bool symbols_name(char *out, size_t size, const char *module, uint64_t address);

#endif
