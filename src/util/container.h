/* container -- from a member to the struct that holds it. */
#ifndef OFFHOOK_UTIL_CONTAINER_H
#define OFFHOOK_UTIL_CONTAINER_H

#include <stddef.h>

/* The `type` whose `member` is *pointer. */
#define container_of(pointer, type, member)                                            \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
