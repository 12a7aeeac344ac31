#include "alert/alert_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alert/failure.h"
#include "twilio/error_code.h"
#include "util/clock.h"
#include "util/jsonw.h"
#include "util/text.h"
#include "util/utf8.h"

enum { HOST_SIZE = 256, ERROR_SHOWN = 200 /* characters */ };

static const char *message_text(const json_t *doc, const char *name)
{
	const char *text = json_string_value(json_object_get(doc, name));
	return text != NULL ? text : "";
}

static int64_t message_number(const json_t *doc, const char *name)
{
	return json_integer_value(json_object_get(doc, name));
}

static bool message_is(const json_t *doc, enum failure_what what)
{
	return strcmp(message_text(doc, "what"), failure_name(what)) == 0;
}

static bool message_is_of_sms(const json_t *doc)
{
	return message_is(doc, FAILURE_MESSAGE_FAILED) ||
	       message_is(doc, FAILURE_MESSAGE_UNDELIVERED);
}

/* "3 messages were not delivered: error 30003 (…)" */
static void message_say_what(struct buf *out, const json_t *doc)
{
	int64_t count = message_number(doc, "count");
	/* The part of the group's name after its kind. */
	const char *blank = strchr(message_text(doc, "group"), ' ');
	const char *subject = blank != NULL ? blank + 1 : "";
	const char *s = count == 1 ? "" : "s";
	if (message_is(doc, FAILURE_EVENT_FAILED))
		buf_printf(
		    out, "%lld event%s of %s failed", (long long)count, s, subject);
	else if (message_is(doc, FAILURE_EVENT_LATE))
		buf_printf(out, "%lld event%s of %s got no reply in time",
		    (long long)count, s, subject);
	else if (message_is(doc, FAILURE_JOB_DEAD))
		buf_printf(out, "%lld job%s of the queue %s %s given up",
		    (long long)count, s, subject, count == 1 ? "was" : "were");
	else if (message_is(doc, FAILURE_WEBHOOKS_REFUSED))
		buf_printf(out,
		    "%lld webhook%s refused one after another: none was Twilio's",
		    (long long)count, count == 1 ? " was" : "s were");
	else if (message_is(doc, FAILURE_CERTIFICATE))
		buf_puts(out, "a certificate cannot be had or used");
	else if (!message_is_of_sms(doc))
		buf_puts(out, "this is a test of alerts");
	else {
		const char *meaning = error_code_meaning(strtol(subject, NULL, 10));
		buf_printf(out, "%lld message%s %s", (long long)count, s,
		    message_is(doc, FAILURE_MESSAGE_FAILED) ? "failed"
		    : count == 1                            ? "was not delivered"
							    : "were not delivered");
		if (strcmp(subject, "0") != 0)
			buf_printf(out, ", error %s", subject);
		if (meaning != NULL)
			buf_printf(out, " (%s)", meaning);
	}
}

static const char *message_sentence(
    const json_t *doc, const char *host, struct arena *arena)
{
	struct buf out = {0};
	const char *error = message_text(doc, "lastError");
	buf_printf(&out, "Offhook on %s: ", host);
	message_say_what(&out, doc);
	if (message_number(doc, "count") > 1)
		buf_printf(&out, " since %s", message_text(doc, "firstAt"));
	buf_puts(&out, ".");
	if (*error != '\0' && !message_is_of_sms(doc))
		buf_printf(&out, " Last error: %.*s",
		    SPAN_ARG(utf8_cut(span_of(error), ERROR_SHOWN)));
	const char *text = arena_strndup(arena, buf_span(&out));
	buf_free(&out);
	return text;
}

/* A digest of what differs between any two alerts. */
static const char *message_id(
    const json_t *doc, const char *host, int64_t job_id, struct arena *arena)
{
	unsigned char digest[32];
	char hex[2 * 12 + 1];
	const char *all = arena_printf(arena, "%s\n%lld\n%s\n%s\n%s", host,
	    (long long)job_id, message_text(doc, "group"), message_text(doc, "firstAt"),
	    message_text(doc, "sentAt"));
	text_sha256(digest, span_of(all));
	text_hex(hex, digest, 12);
	return arena_printf(arena, "msg_%s", hex);
}

static void message_field(
    struct buf *out, const char *name, const json_t *doc, const char *from)
{
	const json_t *value = json_object_get(doc, from);
	if (json_is_integer(value))
		jsonw_field_int(out, name, json_integer_value(value));
	else
		jsonw_field(out, name, span_of(json_string_value(value)));
}

void alert_message_make(
    struct alert_message *out, const json_t *doc, int64_t job_id, struct arena *arena)
{
	struct buf json = {0};
	char host[HOST_SIZE];
	if (gethostname(host, sizeof(host)) != 0 || host[0] == '\0')
		(void)snprintf(host, sizeof(host), "unknown");
	host[sizeof(host) - 1] = '\0';
	out->id = message_id(doc, host, job_id, arena);
	out->text = message_sentence(doc, host, arena);
	buf_putc(&json, '{');
	message_field(&json, "what", doc, "what");
	message_field(&json, "group", doc, "group");
	message_field(&json, "count", doc, "count");
	message_field(&json, "total", doc, "total");
	message_field(&json, "firstAt", doc, "firstAt");
	message_field(&json, "lastAt", doc, "lastAt");
	message_field(&json, "error", doc, "lastError");
	message_field(&json, "sid", doc, "lastSid");
	message_field(&json, "id", doc, "lastId");
	jsonw_field(&json, "host", span_of(host));
	jsonw_field(&json, "version", SPAN(OFFHOOK_VERSION));
	jsonw_field(&json, "text", span_of(out->text));
	buf_putc(&json, '}');
	out->json = arena_copy(arena, buf_span(&json));
	buf_free(&json);
}

void alert_message_test(struct alert_message *out, struct arena *arena)
{
	char now[CLOCK_ISO_SIZE];
	clock_iso(now, clock_wall_ms());
	json_t *doc = json_pack("{s:s, s:s, s:i, s:i, s:s, s:s}", "what", "test",
	    "group", "test", "count", 1, "total", 1, "firstAt", now, "lastAt", now);
	alert_message_make(out, doc, 0, arena);
	json_decref(doc);
}
