/* verbs_calls -- each element of TwiML called with every attribute it has, and what the
 * XML must say then; generated from data/twiml.json by tools/verbs_gen.c. */
#ifndef OFFHOOK_TESTS_VERBS_CALLS_H
#define OFFHOOK_TESTS_VERBS_CALLS_H

#include <stdbool.h>

#include "offhook.h"

struct verb_value {
	const char *name, *value;
};

struct verb_call {
	const char *function, *element;
	bool messaging, text; /* whose text is "ELEMENT & <text>" */
	void (*call)(oh_twiml *reply);
	const struct verb_value *values; /* end with {NULL, NULL} */
};

/* All but Response; ends with {0}. */
extern const struct verb_call verb_calls[];

#endif
