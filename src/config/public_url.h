/* public_url -- the address under which Twilio reaches us, as the owner configured
 * it. Twilio signs it without user:password@ and without a fragment. */
#ifndef OFFHOOK_CONFIG_PUBLIC_URL_H
#define OFFHOOK_CONFIG_PUBLIC_URL_H

#include <stdbool.h>

#include "util/arena.h"
#include "util/error.h"
#include "util/span.h"

struct public_url {
	struct span scheme;              /* "http" or "https", lower-case */
	struct span host;                /* as written, with its port if it has one */
	struct span prefix;              /* "" or "/path", without a slash at its end */
	bool had_userinfo, had_fragment; /* they were removed: worth a warning */
	bool has_underscore;             /* Twilio refuses such hosts (error 11100) */
};

/* Parses "https://host[:port][/prefix]"; the parts are copied into the arena. Errors
 * say what is wrong with it. */
int public_url_parse(
    struct public_url *out, struct span text, struct arena *arena, struct error *err);

#endif
