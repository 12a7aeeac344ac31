/* numbers -- an account's phone numbers, and what Twilio calls for each:
 * https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource */
#ifndef OFFHOOK_REST_NUMBERS_H
#define OFFHOOK_REST_NUMBERS_H

#include <stddef.h>

#include "rest/rest.h"
#include "util/arena.h"
#include "util/span.h"

/* Texts are printable and never NULL; "": not set. */
struct number {
	const char *sid;    /* "PN" and 32 hexadecimal digits */
	const char *number; /* "+15551234567" */
	const char *sms_url, *sms_method, *sms_fallback_url;
	const char *voice_url, *voice_method, *voice_fallback_url;
	const char *status_callback, *status_callback_method;
	/* These count in place of the URLs. */
	const char *sms_application, *voice_application, *trunk;
};

enum { NUMBERS_MAX = 10000, NUMBERS_PAGE_MAX = 1000 };

struct numbers {
	struct number *rows;
	size_t count, room;
	struct arena *arena;
	const char *next; /* the path of the page that follows; NULL: none */
};

struct numbers *numbers_new(void);
void numbers_free(struct numbers *numbers); /* NULL is fine */
/* Adds those of one page, of that account. -1 with err: it is no such page. */
int numbers_read(
    struct numbers *numbers, const char *account, struct span json, struct error *err);
/* All of them, page after page; or, with a number, those that are exactly that one. */
int numbers_list(
    struct numbers *numbers, struct rest *rest, const char *number, struct error *err);

/* What is to be called; NULL: as it is. All of it by POST. */
struct number_urls {
	const char *sms, *voice, *status, *fallback;
};

int number_set(struct rest *rest, const struct number *number,
    const struct number_urls *urls, struct error *err);

#endif
