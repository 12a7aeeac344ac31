/* budget -- the processor time that the regular expressions of one query, or of one
 * transaction's changes, may take together. What is ended for it has no answer: neither
 * a match nor none. */
#ifndef OFFHOOK_QUERY_BUDGET_H
#define OFFHOOK_QUERY_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

enum {
	BUDGET_QUERY_MS = 1000,
	BUDGET_TXN_MS = 50 /* on the store's writer, for which all others wait */
};

/* Of one thread. A text costs what it takes beyond 20 microseconds, so that a search
 * through very many documents ends well when each is quick. */
struct budget {
	int64_t full_ns, left_ns;
	bool spent;
};

struct budget budget_of(int64_t ms);
/* Sets err to words for whoever wrote the pattern; returns -1. */
int budget_refuse(struct error *err);

#endif
