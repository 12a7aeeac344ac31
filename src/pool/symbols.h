/* symbols -- function names of a program or library, with its static functions, from its ELF
 * symbol table. */
#ifndef OFFHOOK_POOL_SYMBOLS_H
#define OFFHOOK_POOL_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes "on_sms+0x12" to out. False, and "", when the file cannot be read, is stripped, or
 * has no function at the address. */
bool symbols_name(char *out, size_t size, const char *module, uint64_t address);

#endif
