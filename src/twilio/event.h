/* event -- what a webhook tells us: its kind, its SID, and the key that makes it the
 * same event when it comes again (DESIGN.md section 3; Twilio's side in
 * https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides). */
#ifndef OFFHOOK_TWILIO_EVENT_H
#define OFFHOOK_TWILIO_EVENT_H

#include <stdbool.h>

#include "twilio/params.h"
#include "util/arena.h"
#include "util/span.h"

enum event_kind {
	EVENT_SMS_RECEIVED,     /* "sms.received": SMS, MMS, WhatsApp, RCS */
	EVENT_SMS_STATUS,       /* "sms.status" */
	EVENT_CALL_RECEIVED,    /* "call.received": asks for the call's TwiML */
	EVENT_CALL_ACTION,      /* "call.action": Gather, Record, Dial … action */
	EVENT_CALL_STATUS,      /* "call.status" */
	EVENT_RECORDING_STATUS, /* "recording.status" */
	EVENT_TRANSCRIPTION,    /* "transcription" */
	EVENT_JSON,             /* "json" */
	EVENT_OTHER,            /* "other" */
	EVENT_KINDS
};

const char *event_kind_name(enum event_kind kind);
/* EVENT_KINDS when there is no such kind. */
enum event_kind event_kind_find(struct span name);

/* What the event is read from. */
struct event_source {
	enum event_kind route_kind;  /* what the route is for; EVENT_OTHER: anything */
	struct span method;          /* "POST" */
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
	/* The SID it is about: MessageSid, CallSid, RecordingSid, … or empty. */
	struct span sid;
	/* What is ordered together: CallSid, or From and To joined; or empty. */
	struct span conversation;
	/* 16 bytes of the SHA-256 of all that makes it the same event. */
	unsigned char key[EVENT_KEY_SIZE];
	/* The key it would have without I-Twilio-Idempotency-Token, which is not signed:
	 * what a voice document says, whoever sends it. The same as key when no token
	 * counts. */
	unsigned char content[EVENT_KEY_SIZE];
	/* False: nothing tells a repeat of it from a new one while its call lives
	 * (a voice document without I-Twilio-Idempotency-Token); key is then that of its
	 * content, which counts once the call has ended. */
	bool unique;
	/* It came to a fallback URL (it has ErrorUrl); the key is the first request's. */
	bool is_fallback;
	/* With is_fallback: ErrorCode is 12xxx to 14xxx, Twilio did get our reply and
	 * rejected it, so repeating it would not help. */
	bool reply_rejected;
};

/* Fills out; spans point into the source or the arena. */
void event_read(
    struct event *out, const struct event_source *source, struct arena *arena);

/* --- statuses: never backwards --- */

/* A message status's rank, 0 to 5 (twilio.md section 3.2); -1 for one not known:
 * it changes nothing. "receiving" and "received" are inbound's own, rank 0. */
int event_message_rank(struct span status);
/* A call status's rank: queued, initiated 0 < ringing 1 < in-progress 2 < completed,
 * busy, failed, no-answer, canceled 3; -1 when not known. */
int event_call_rank(struct span status);

#endif
