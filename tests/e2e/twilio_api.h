/* twilio_api -- a stand-in for Twilio's REST API: an account's phone numbers. */
#ifndef OFFHOOK_TESTS_TWILIO_API_H
#define OFFHOOK_TESTS_TWILIO_API_H

#include <pthread.h>
#include <stdbool.h>

#include "util/buf.h"

#define API_ACCOUNT "AC00000000000000000000000000000001"

struct twilio_api {
	char url[64]; /* for TWILIO_API_URL */
	int fd;
	pthread_t thread;
	pthread_mutex_t lock;
	struct buf asked; /* heads and bodies of all requests */
	/* What it answers. */
	const char *pages[3]; /* the rows of each page's list; NULL: no such page */
	int status;           /* 0: 200 */
	const char *body;     /* in place of all; NULL: as the real one */
	const char *password; /* another one is refused; NULL: any is taken */
	bool hangs;           /* accepts, and says nothing */
};

/* Fields that are not its own are set before; later, by these. */
void api_start(struct twilio_api *api);
/* That is the answer to everything from now on; NULL: as the real one. */
void api_answers(struct twilio_api *api, int status, const char *body);
void api_lists(struct twilio_api *api, const char *rows);
void api_hangs(struct twilio_api *api);
void api_stop(struct twilio_api *api);
bool api_was_asked(struct twilio_api *api, const char *text);
/* A row of the list, in static memory, with SID PN…INDEX; URLs NULL: not set. */
const char *api_number(int index, const char *number, const char *sms,
    const char *voice, const char *status);

#endif
