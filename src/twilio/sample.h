/* sample -- webhooks as Twilio sends them: which parameters, in which order, for
 * `offhook send` and tests. Names and orders are those of requests that Twilio really
 * sent; https://www.twilio.com/docs/messaging/guides/webhook-request and
 * https://www.twilio.com/docs/voice/twiml say what they mean. */
#ifndef OFFHOOK_TWILIO_SAMPLE_H
#define OFFHOOK_TWILIO_SAMPLE_H

#include <stddef.h>

#include "twilio/params.h"
#include "util/arena.h"
#include "util/span.h"

enum sample_kind {
	SAMPLE_SMS,
	SAMPLE_MMS,
	SAMPLE_STATUS, /* of a message */
	SAMPLE_CALL,   /* asks for the call's TwiML */
	SAMPLE_CALL_STATUS,
	SAMPLE_GATHER,    /* <Gather>'s action */
	SAMPLE_RECORD,    /* <Record>'s action */
	SAMPLE_RECORDING, /* recordingStatusCallback */
	SAMPLE_TRANSCRIPTION,
	SAMPLE_KINDS
};

/* What a caller may choose. */
enum sample_value {
	SAMPLE_SID, /* of the message, call, recording or transcription */
	SAMPLE_CALL_SID,
	SAMPLE_RECORDING_SID,
	SAMPLE_ACCOUNT_SID,
	SAMPLE_FROM,
	SAMPLE_TO,
	SAMPLE_BODY, /* of the message, or the transcription */
	SAMPLE_MESSAGE_STATUS,
	SAMPLE_CALL_STATE, /* CallStatus */
	SAMPLE_ERROR_CODE,
	SAMPLE_DIGITS,
	SAMPLE_SPEECH,
	SAMPLE_DURATION, /* seconds */
	SAMPLE_SEQUENCE,
	SAMPLE_TIME, /* RFC 2822 */
	/* These are derived from the others, unless they are given. */
	SAMPLE_MINUTES, /* the duration, rounded up */
	SAMPLE_SIP_CODE,
	SAMPLE_CONFIDENCE, /* of the speech */
	SAMPLE_DLR_DATE,   /* YYMMDDhhmm */
	SAMPLE_RECORDING_URL,
	SAMPLE_TRANSCRIPTION_URL,
	SAMPLE_NUM_MEDIA,
	SAMPLE_VALUES
};

struct sample_media {
	struct span url, type;
};

enum { SAMPLE_MAX_MEDIA = 10 };

struct sample {
	struct span values[SAMPLE_VALUES]; /* absent: sample_complete chooses */
	struct sample_media media[SAMPLE_MAX_MEDIA];
	size_t media_count;
};

/* "sms", "call-status" …: as on the command line. */
const char *sample_name(enum sample_kind kind);
/* SAMPLE_KINDS: there is no such name. */
enum sample_kind sample_find(struct span name);
/* The path of the built-in app for that kind. */
const char *sample_path(enum sample_kind kind);

/* Fills in absent values: random SIDs, numbers, texts, the time now, and what the
 * status needs (an error code with failed and undelivered; a duration when a call has
 * ended). */
void sample_complete(struct sample *sample, enum sample_kind kind, struct arena *arena);
/* The parameters, in Twilio's order. The sample must be complete and outlive them. */
void sample_make(struct params *out, enum sample_kind kind, const struct sample *sample,
    struct arena *arena);
/* Replaces the first parameter of that name, or appends one. */
void sample_set(
    struct params *params, struct span name, struct span value, struct arena *arena);

enum { SAMPLE_SID_SIZE = 35, SAMPLE_UUID_SIZE = 37 };

/* Two letters and 32 random hexadecimal digits. Returns out. */
char *sample_sid(char out[SAMPLE_SID_SIZE], const char *letters);
/* A random (version 4) UUID, as in I-Twilio-Idempotency-Token. Returns out. */
char *sample_uuid(char out[SAMPLE_UUID_SIZE]);

#endif
