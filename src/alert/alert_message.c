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

static const char *text_of(const json_t *doc, const char *name)
{
	const char *text = json_string_value(json_object_get(doc, name));
	return text != NULL ? text : "";
}

static int64_t number_of(const json_t *doc, const char *name)
{
	return json_integer_value(json_object_get(doc, name));
}

/* What the group is named after: the part behind its kind. */
static const char *subject_of(const json_t *doc)
{
	const char *blank = strchr(text_of(doc, "group"), ' ');
	return blank != NULL ? blank + 1 : "";
}

static bool is(const json_t *doc, enum failure_what what)
{
	return strcmp(text_of(doc, "what"), failure_name(what)) == 0;
}

static bool of_message(const json_t *doc)
{
	return is(doc, FAILURE_MESSAGE_FAILED) || is(doc, FAILURE_MESSAGE_UNDELIVERED);
}

/* "3 messages were not delivered: error 30003 (…)" */
static void say_what(struct buf *out, const json_t *doc)
{
	int64_t count = number_of(doc, "count");
	const char *subject = subject_of(doc);
	const char *s = count == 1 ? "" : "s";
	if (is(doc, FAILURE_EVENT_FAILED))
		buf_printf(
		    out, "%lld event%s of %s failed", (long long)count, s, subject);
	else if (is(doc, FAILURE_EVENT_LATE))
		buf_printf(out, "%lld event%s of %s got no reply in time",
		    (long long)count, s, subject);
	else if (is(doc, FAILURE_JOB_DEAD))
		buf_printf(out, "%lld job%s of the queue %s %s given up",
		    (long long)count, s, subject, count == 1 ? "was" : "were");
	else if (!of_message(doc))
		buf_puts(out, "this is a test of alerts");
	else {
		const char *meaning = error_code_meaning(strtol(subject, NULL, 10));
		buf_printf(out, "%lld message%s %s", (long long)count, s,
		    is(doc, FAILURE_MESSAGE_FAILED) ? "failed"
		    : count == 1                    ? "was not delivered"
						    : "were not delivered");
		if (strcmp(subject, "0") != 0)
			buf_printf(out, ", error %s", subject);
		if (meaning != NULL)
			buf_printf(out, " (%s)", meaning);
	}
}

static const char *sentence(const json_t *doc, const char *host, struct arena *arena)
{
	struct buf out = {0};
	const char *error = text_of(doc, "lastError");
	buf_printf(&out, "Offhook on %s: ", host);
	say_what(&out, doc);
	if (number_of(doc, "count") > 1)
		buf_printf(&out, " since %s", text_of(doc, "firstAt"));
	buf_puts(&out, ".");
	if (*error != '\0' && !of_message(doc))
		buf_printf(&out, " Last error: %.*s",
		    SPAN_ARG(utf8_cut(span_of(error), ERROR_SHOWN)));
	const char *text = arena_strndup(arena, buf_span(&out));
	buf_free(&out);
	return text;
}

/* Digest of all that tells this alert from any other. */
static const char *identity(
    const json_t *doc, const char *host, int64_t job_id, struct arena *arena)
{
	unsigned char digest[32];
	char hex[2 * 12 + 1];
	const char *all =
	    arena_printf(arena, "%s\n%lld\n%s\n%s\n%s", host, (long long)job_id,
		text_of(doc, "group"), text_of(doc, "firstAt"), text_of(doc, "sentAt"));
	text_sha256(digest, span_of(all));
	text_hex(hex, digest, 12);
	return arena_printf(arena, "msg_%s", hex);
}

static void field(
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
	out->id = identity(doc, host, job_id, arena);
	out->text = sentence(doc, host, arena);
	buf_putc(&json, '{');
	field(&json, "what", doc, "what");
	field(&json, "group", doc, "group");
	field(&json, "count", doc, "count");
	field(&json, "total", doc, "total");
	field(&json, "firstAt", doc, "firstAt");
	field(&json, "lastAt", doc, "lastAt");
	field(&json, "error", doc, "lastError");
	field(&json, "sid", doc, "lastSid");
	field(&json, "id", doc, "lastId");
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
