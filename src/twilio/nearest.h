/* nearest -- the known word that a mistyped one most likely meant. */
#ifndef OFFHOOK_TWILIO_NEAREST_H
#define OFFHOOK_TWILIO_NEAREST_H

#include "util/span.h"

struct nearest {
	struct span word;
	const char *best; /* NULL: nothing is near enough */
	size_t distance;
};

/* Offers a candidate; best becomes it when it is nearer than those before: equal but
 * for case, or up to 2 letters (1 in words under 5) added, left out or changed. Words
 * over 40 bytes are near nothing. */
void nearest_try(struct nearest *nearest, const char *candidate);

#endif
