/* event -- what a webhook tells us: its kind, its SID, and what makes it the same event
 * when it comes again (docs/design.md, "Identity"; Twilio's side in
 * https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides). */
#ifndef OFFHOOK_TWILIO_EVENT_H
#define OFFHOOK_TWILIO_EVENT_H

#include <stdbool.h>

#include "twilio/family.h"
#include "twilio/params.h"
#include "util/arena.h"
#include "util/span.h"

/* What the event is read from. */
struct event_source {
	enum event_kind route_kind;  /* what the route is for; EVENT_OTHER: anything */
	bool in_query;               /* the params are the query's (GET) */
	struct span target;          /* the request-target as sent */
	const struct params *params; /* form's or query's; NULL for JSON */
	struct span body;
	struct span token; /* I-Twilio-Idempotency-Token, or absent */
	/* Path prefix of the public URL, taken off an ErrorUrl's path before it counts
	 * as a request-target; may be absent. */
	struct span prefix;
};

enum { EVENT_KEY_SIZE = 16 };

struct event {
	enum event_kind kind;
	const char *name; /* of its family: "sms.received", "conference.status" … */
	/* The SID it is about: MessageSid, CallSid, RecordingSid, … or empty. */
	struct span sid;
	int64_t deadline_ms; /* of its family, where it is not the usual one; else 0 */
	/* What is ordered together: CallSid, or From and To joined; or empty. */
	struct span conversation;
	/* Of all that was said, but for what a repeat of Twilio's changes: the same for two
	 * requests that tell the same event. */
	unsigned char sameness[EVENT_KEY_SIZE];
	/* It asks for the TwiML of a call, and may say the same twice: a caller who presses
	 * 1 twice sends two events whose sameness and seal are equal. While the call lives,
	 * only a token tells a repeat; the call is `sid`. */
	bool is_document;
	/* With is_document: of sameness and I-Twilio-Idempotency-Token. */
	bool has_token;
	unsigned char tokened[EVENT_KEY_SIZE];
	/* It came to a fallback URL (it has ErrorUrl); the sameness is the first request's. */
	bool is_fallback;
	/* With is_fallback: ErrorCode is 12xxx to 14xxx, Twilio did get our reply and
	 * rejected it, so repeating it would not help. */
	bool reply_rejected;
};

/* Fills out; spans point into the source or the arena. */
void event_read(
    struct event *out, const struct event_source *source, struct arena *arena);

/* --- statuses: never backwards --- */

/* A message status's rank, 0 to 5 (docs/twilio.md, "Statuses"); -1 for one not known:
 * it changes nothing. "receiving" and "received" are inbound's own, rank 0. */
int event_message_rank(struct span status);
/* A call status's rank: queued, initiated 0 < ringing 1 < in-progress 2 < completed,
 * busy, failed, no-answer, canceled 3; -1 when not known. */
int event_call_rank(struct span status);

#endif
