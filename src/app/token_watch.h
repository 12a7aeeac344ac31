/* token_watch -- an Auth Token that was rotated, and may go: it has signed nothing for a
 * day, while another one of its account has. */
#ifndef OFFHOOK_APP_TOKEN_WATCH_H
#define OFFHOOK_APP_TOKEN_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "twilio/tokens.h"

enum { TOKEN_WATCH_MAX = 32 };

/* Begin with {0}. */
struct token_watch {
	const struct tokens *tokens; /* those that it knows; a reload brings others */

	struct {
		uint64_t matched; /* at the last look */
		int64_t since_us; /* when that last grew, or the watch began */
		bool told;
	} each[TOKEN_WATCH_MAX];
};

/* About once a second. Logs each silent token once, by its number. Returns how many it
 * logged now. */
int token_watch_look(
    struct token_watch *watch, const struct tokens *tokens, int64_t now_us);

#endif
