/* family -- the families of webhooks that Twilio documents, told apart by their
 * parameters: one table. What no family's marks fit is "other", and is kept like the
 * rest. Sources: docs/twilio.md, "Families". */
#ifndef OFFHOOK_TWILIO_FAMILY_H
#define OFFHOOK_TWILIO_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twilio/params.h"
#include "util/span.h"

enum { FAMILY_MARKS = 3, FAMILY_SIDS = 4 };

/* What a family's events have to do with messages and calls as the built-in app and the
 * routes know them. */
enum event_kind {
	EVENT_SMS_RECEIVED,     /* "sms.received": SMS, MMS, WhatsApp, RCS */
	EVENT_SMS_STATUS,       /* "sms.status" */
	EVENT_CALL_RECEIVED,    /* "call.received": asks for the call's TwiML */
	EVENT_CALL_ACTION,      /* "call.action": Gather, Record, Dial … action */
	EVENT_CALL_STATUS,      /* "call.status" */
	EVENT_RECORDING_STATUS, /* "recording.status" */
	EVENT_TRANSCRIPTION,    /* "transcription" */
	EVENT_JSON,             /* "json" */
	EVENT_OTHER,            /* "other", and each family below by its own name */
	EVENT_KINDS
};

struct family {
	const char *name; /* what its events are called: "conference.status" */
	enum event_kind kind;
	/* It is this family when all marks fit, and no family before it in the table does.
	 * A mark is "Name" (there and not empty), "Name=value", "!Name" (not there or
	 * empty), or several names of which one is there, even empty: "|A|B". */
	const char *marks[FAMILY_MARKS];
	/* The SID that an event is about: the first of these that is not empty. */
	const char *sids[FAMILY_SIDS];
	/* What is handled one after another: the call of CallSid, else From and To (where
	 * NULL), else the value of this parameter. */
	const char *conversation;
	/* The parameters fit, but are not enough to tell it: on a route that is for
	 * something else it is what the route is for. */
	bool route_decides;
	int64_t deadline_ms; /* where Twilio waits less than its usual 15 s; else 0 */
};

/* The family of a form; that of "other" when no marks fit. */
const struct family *family_of(const struct params *params);
/* The family that has that kind (the first one). */
const struct family *family_of_kind(enum event_kind kind);
/* The SID an event of that family is about, or "". */
struct span family_sid(const struct family *family, const struct params *params);
/* The one of that name, or NULL; and all of them, by index, ended by NULL. */
const struct family *family_find(struct span name);
const struct family *family_at(size_t index);

#endif
