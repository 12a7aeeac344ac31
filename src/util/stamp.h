/* stamp -- what a file looked like: two that differ are two states of it. */
#ifndef OFFHOOK_UTIL_STAMP_H
#define OFFHOOK_UTIL_STAMP_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

enum { STAMP_NOT_A_FILE = -1 };

struct stamp {
	struct timespec changed;
	off_t size;
	ino_t inode;
	int error; /* ENOENT: there is none; STAMP_NOT_A_FILE; another errno */
};

struct stamp stamp_of(const char *path);
bool stamp_eq(struct stamp a, struct stamp b);

#endif
