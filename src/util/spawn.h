/* spawn -- starting another program. By posix_spawn, not fork: a fork would copy the
 * server's page tables and make every page it writes fault. */
#ifndef OFFHOOK_UTIL_SPAWN_H
#define OFFHOOK_UTIL_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	SPAWN_FILES_MAX = 8,
	SPAWN_NOTHING = -1, /* /dev/null */
	SPAWN_OURS = -2     /* the descriptor of that number of this process */
};

struct spawn {
	const char *program; /* searched in PATH when it has no slash */
	char *const *argv;
	char *const *environment; /* NULL: this process's */
	/* Its descriptors 0, 1, … file_count - 1: one of ours, or SPAWN_…. It gets no
	 * others. file_count is at least 3. */
	int files[SPAWN_FILES_MAX];
	size_t file_count;
	bool group; /* it leads a process group of its own, which kill(-pid) reaches */
};

/* Starts it with no signal blocked or ignored. 0, or an errno. Any thread. */
int spawn(pid_t *out, const struct spawn *how);

#endif
