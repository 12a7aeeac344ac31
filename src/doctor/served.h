/* served -- the paths that this installation serves, and the URLs that Twilio is given for
 * them. */
#ifndef OFFHOOK_DOCTOR_SERVED_H
#define OFFHOOK_DOCTOR_SERVED_H

#include "offhook.h"
#include "rest/numbers.h"
#include "util/arena.h"
#include "webhook/route.h"

struct served {
	const struct route *routes; /* ends with {0} */
	const char *base;           /* the public URL; NULL: none is set */
	const char *probe; /* a path that wants a signature; NULL: there is none */
	/* What a number is to be set to, with the overrides; NULL: nothing is served for
	 * that. */
	struct number_urls urls;
};

/* app NULL, or without routes: the built-in one. */
void served_read(
    struct served *out, const oh_app *app, const char *base, struct arena *arena);

#endif
