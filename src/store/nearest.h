/* nearest -- which known name a mistyped one was probably meant to be. */
#ifndef OFFHOOK_STORE_NEAREST_H
#define OFFHOOK_STORE_NEAREST_H

#include <stddef.h>

/* The one of `count` names that name is at most two slips of the pen away from (one
 * for short ones), or NULL. Upper and lower case are the same. */
const char *nearest_name(const char *name, const char *const *names, size_t count);

#endif
