/* event -- what a webhook is about: its kind, its SID, and the key by which a repeat of
 * it is recognised (docs/design.md, "Identity"; Twilio's side in
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
	const struct params *params; /* of the form or the query; NULL for JSON */
	struct span body;
	struct span token; /* I-Twilio-Idempotency-Token, or absent */
	/* The path prefix of the public URL, which is removed from an ErrorUrl to get
	 * its request-target; may be absent. */
	struct span prefix;
};

enum { EVENT_KEY_SIZE = 16 };

struct event {
	enum event_kind kind;
	/* The SID it is about: MessageSid, CallSid, RecordingSid, … or empty. */
	struct span sid;
	/* Handlers of one conversation run in order: CallSid, or From and To; or empty. */
	struct span conversation;
	/* 16 bytes of the SHA-256 of all that makes it the same event. */
	unsigned char key[EVENT_KEY_SIZE];
	/* The key without I-Twilio-Idempotency-Token, which is not signed: only what a
	 * voice document says. The same as key when there is no such token. */
	unsigned char content[EVENT_KEY_SIZE];
	/* False for a voice document without I-Twilio-Idempotency-Token: while its call
	 * lives, a repeat of it cannot be told from a new one. Then key is content, and
	 * counts once the call has ended. */
	bool unique;
	/* It was sent to a fallback URL (it has ErrorUrl); the key is that of the first
	 * request. */
	bool is_fallback;
	/* With is_fallback: ErrorCode is 12xxx to 14xxx. Twilio got our reply and
	 * rejected it, so the same reply would not help. */
	bool reply_rejected;
};

/* Fills out; spans point into the source or the arena. */
void event_read(
    struct event *out, const struct event_source *source, struct arena *arena);

/* --- statuses: never backwards --- */

/* The rank of a message's status, 0 to 5 (docs/twilio.md, "Message status callback");
 * -1 when it is unknown and changes nothing. "receiving" and "received", of inbound
 * messages, have rank 0. */
int event_message_rank(struct span status);
/* The rank of a call's status: queued, initiated 0; ringing 1; in-progress 2;
 * completed, busy, failed, no-answer, canceled 3; -1 when it is unknown. */
int event_call_rank(struct span status);

#endif
