/* findings -- what was looked at, how it is, and how to mend it. */
#ifndef OFFHOOK_DOCTOR_FINDINGS_H
#define OFFHOOK_DOCTOR_FINDINGS_H

#include <stddef.h>

#include "util/arena.h"

enum finding_level {
	FINDING_OK,
	FINDING_WARNING,
	FINDING_ERROR /* webhooks would be lost */
};

struct finding {
	enum finding_level level;
	const char *check; /* one word: "clock" */
	const char *text;
	const char *mend; /* what to do; NULL: nothing */
};

/* Start from {.arena = …}, which holds the texts; findings_clear frees the rest. */
struct findings {
	struct finding *rows;
	size_t count, room;
	struct arena *arena;
};

void findings_clear(struct findings *findings);
/* mend is copied, so that it may be made for the occasion; NULL: none. */
__attribute__((format(printf, 5, 6))) void findings_add(struct findings *findings,
    enum finding_level level, const char *check, const char *mend, const char *format,
    ...);
size_t findings_of(const struct findings *findings, enum finding_level level);

#endif
