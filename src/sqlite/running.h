/* running -- which attempts of jobs are given to a process, and which of them have begun:
 * DIR/jobs.running, a small file that is mapped into the server and its worker processes.
 * Noting an attempt costs a memory access, and the note outlives a killed server. After a
 * power failure the latest notes may be missing.
 *
 * A worker may write over the file. The owner keeps what it has given, and believes of the
 * file only that a given attempt has begun. */
#ifndef OFFHOOK_SQLITE_RUNNING_H
#define OFFHOOK_SQLITE_RUNNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"
#include "util/error.h"

struct running;

/* The owner of the directory maps the file, and makes it when it is not there. */
int running_open(struct running **out, const char *dir, struct error *err);
/* Another process maps the file that its owner has made; NULL: it cannot. */
struct running *running_join(const char *dir);
void running_close(struct running *running); /* NULL is fine */

/* ---- any thread ---- */

/* Only the owner. False when STORE_JOBS_RUNNING are noted. */
bool running_give(struct running *running, int64_t id, int try);
/* False when that attempt was not given; to another process, when the file does not say
 * so. */
bool running_begin(struct running *running, int64_t id, int try);
/* Only the owner. */
void running_remove(struct running *running, int64_t id);

/* ---- which have begun ---- */

struct running_list {
	size_t count;
	uint64_t tries[STORE_JOBS_RUNNING]; /* id and attempt, in order of id */
};

/* Only the owner. */
void running_read(const struct running *running, struct running_list *out);
/* From another process. The list is empty when no process owns the directory. */
void running_read_file(const char *dir, struct running_list *out);

static inline int64_t running_id(uint64_t packed)
{
	return (int64_t)(packed >> 16);
}

/* Whether the list has that attempt of the job. */
bool running_has(const struct running_list *list, int64_t id, int try);
/* Only the owner: forgets all of them. */
void running_clear(struct running *running);

#endif
