/* spawn -- starts another program. With posix_spawn, because a fork would copy the
 * server's page tables and make each of its next writes to a page fault. */
#ifndef OFFHOOK_UTIL_SPAWN_H
#define OFFHOOK_UTIL_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	SPAWN_FILES_MAX = 8,
	SPAWN_NOTHING = -1, /* /dev/null */
	SPAWN_OURS = -2     /* this process's descriptor of the same number */
};

struct spawn {
	const char *program; /* searched in PATH when it has no slash */
	char *const *argv;
	char *const *environment; /* NULL: this process's */
	/* Its descriptors 0 to file_count - 1: each a descriptor of ours, or SPAWN_….
	 * It gets no others. file_count is at least 3. */
	int files[SPAWN_FILES_MAX];
	size_t file_count;
	/* SIGHUP and SIGUSR1 are blocked: for a program that will ignore them, and that they
	 * must not end before it does. */
	bool deaf;
	bool group; /* in a process group of its own, for kill(-pid) */
};

/* Starts it with no signal ignored, and none blocked unless deaf. 0, or an errno. Any thread. */
int spawn(pid_t *out, const struct spawn *how);

#endif
