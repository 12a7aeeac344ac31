/* message -- webhooks as Twilio posts them, each with a SID, sender and text of its
 * own, signed. Written apart from src/twilio, so that what is measured does not
 * measure itself. For one thread. */
#ifndef OFFHOOK_BENCH_MESSAGE_H
#define OFFHOOK_BENCH_MESSAGE_H

#include <stddef.h>

#include "util/buf.h"

enum message_kind {
	MESSAGE_SMS,   /* an incoming message: 20 parameters, about 520 bytes */
	MESSAGE_STATUS /* a status callback of an outgoing one: 8 parameters */
};

struct message_field {
	const char *name;
	char value[112];
};

struct message_maker;

/* url is what Twilio was told and therefore signs: "https://example.com/twilio/sms".
 * The strings must outlive the maker. */
struct message_maker *message_maker_new(
    enum message_kind kind, const char *url, const char *token);
void message_maker_free(struct message_maker *maker); /* NULL is fine */

/* From now on its requests say "Connection: close". */
void message_ends_connection(struct message_maker *maker);
/* Moves on to the next message; the first one is there from the start. */
void message_next(struct message_maker *maker);
/* Its parameters, as posted; borrowed until message_next. */
const struct message_field *message_fields(
    const struct message_maker *maker, size_t *count);
/* The value of that name, or NULL. */
const char *message_value(const struct message_maker *maker, const char *name);
/* Appends the whole HTTP request. */
void message_request(struct message_maker *maker, struct buf *out);

#endif
