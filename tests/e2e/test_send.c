/* faults 5.10: send says what became of its webhook, and its exit code does, too. */
#include "conversation.h"

#include <stdio.h>
#include <string.h>

enum { WORDS = 24 };

/* Sends with these options to a path, and returns the exit code. */
static int send_to(const struct talk *talk, struct buf *out, struct buf *err,
    const char *path, const char *const *options)
{
	char url[128];
	const char *words[WORDS] = {"send", options[0], "--url", url, "--connect",
	    talk->address, "--data", talk->data};
	(void)snprintf(url, sizeof(url), TALK_URL "%s", path);
	for (size_t i = 1; options[i] != NULL; i++)
		words[7 + i] = options[i];
	buf_clear(out);
	buf_clear(err);
	return talk_run(out, err, words);
}

struct sending {
	const char *path, *options[8];
	int code;
	const char *says; /* on stderr; NULL: nothing of a failure */
};

static void check(const struct talk *talk, const struct sending *row)
{
	struct buf out = {0}, err = {0};
	int code = send_to(talk, &out, &err, row->path, row->options);
	if (code != row->code ||
	    (row->says != NULL && strstr(buf_text(&err), row->says) == NULL) ||
	    (row->says == NULL && strstr(buf_text(&err), "offhook send:") != NULL))
		fail_msg("%s %s: %d, %s%s", row->path, row->options[2], code,
		    buf_text(&out), buf_text(&err));
	buf_free(&out);
	buf_free(&err);
}

/* faults 5.10 */
TEST(send_to_a_handler_that_failed_says_so_and_fails)
{
	static const struct sending rows[] = {
	    {"/sms", {"sms", "--body", "Hi"}, 0, NULL},
	    {"/sms", {"sms", "--body", "crash"}, 1, "the handler failed: "},
	    {"/sms", {"sms", "--body", "exit"}, 1, "the handler failed: "},
	    {"/sms", {"sms", "--body", "crash", "--repeat", "3"}, 1,
		"the handler failed for 3 of 3: "},
	    {"/slow", {"sms", "--body", "sleep 3000"}, 1,
		"the handler was late: the handler gave no reply in time"},
	    {"/odd/xml", {"sms"}, 1, "Twilio cannot read the reply"},
	    {"/odd/json", {"sms"}, 1, "Twilio cannot read the reply"},
	    {"/odd/json", {"taskrouter"}, 0, NULL},
	    {"/odd/503", {"sms"}, 1, "answered 503: "},
	    {"/odd/302", {"sms"}, 1, "answered 302: "},
	    {"/nowhere", {"sms"}, 1, "answered 404: "},
	    {"/sms", {"sms", "--tamper=body"}, 1, "answered 403: "},
	    {"/sms", {"sms", "--tamper=body", "--json"}, 1, "answered 403: "},
	};
	struct talk talk;
	talk_start_program(&talk, APPS_DIR "/rogue", NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&talk, &rows[i]);
	talk_end(&talk);
}

/* faults 5.10: where nothing of it shows in the reply */
TEST(send_says_why_a_handler_failed)
{
	static const struct sending rows[] = {
	    {"/mistake", {"sms"}, 1,
		"offhook send: the handler failed: oh_insert, kept: the document is NULL"},
	    {"/status", {"status", "--status", "failed", "--sid", "SMx"}, 1,
		"the handler failed: message SMx failed; what went out is"},
	    /* The event is known by now, and its reply is repeated. */
	    {"/status", {"status", "--status", "failed", "--sid", "SMx"}, 1,
		"the handler failed: message SMx failed; what went out is"},
	    {"/status", {"status", "--status", "sent", "--sid", "SMx"}, 0, NULL},
	    {"/mistake", {"sms", "--data", "/nowhere"}, 1,
		"the handler failed: `offhook events --state failed` says why"},
	};
	struct talk talk;
	struct buf out = {0}, err = {0};
	talk_start_program(&talk, APPS_DIR "/every", NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&talk, &rows[i]);
	const char *const json[] = {"sms", "--json", NULL};
	assert_int_equal(send_to(&talk, &out, &err, "/mistake", json), 1);
	assert_non_null(strstr(buf_text(&out), "\"status\":200"));
	assert_non_null(strstr(buf_text(&out), "\"state\":\"failed\""));
	assert_int_equal(send_to(&talk, &out, &err, "/sms", json), 0);
	assert_null(strstr(buf_text(&out), "\"state\""));
	buf_free(&out);
	buf_free(&err);
	talk_end(&talk);
}
