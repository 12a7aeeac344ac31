#include "test.h"

#include <stdlib.h>

#include "view/phone.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

TEST(a_reply_is_shown_as_it_would_be_seen_or_heard)
{

	static const struct {
		int status;
		const char *type, *body;
		bool call;
		const char *want;
	} rows[] = {
	    {204, NULL, "", false, "(no reply)\n"},
	    {200, "text/xml", XML "<Response/>", false, "(no reply)\n"},
	    {200, "text/xml", XML "<Response/>", true, "(no verbs: the call ends)\n"},
	    {200, "text/xml; charset=utf-8",
		XML "<Response><Message>Hi &amp; bye</Message></Response>", false,
		"╭─ +2\n│ Hi & bye\n╰─\n"},
	    {200, "text/xml",
		"<Response><Message to=\"+9\" from=\"+8\"><Body>a\nb</Body>"
		"<Media>https://x/y</Media></Message><Message>2</Message></Response>",
		false,
		"╭─ +8 to +9\n│ a\n│ b\n│ [media] https://x/y\n╰─\n╭─ +2\n│ 2\n╰─\n"},
	    {200, "text/plain", "Hello", false,
		"╭─ +2\n│ Hello\n╰─ (Twilio sends a text/plain reply as a message)\n"},
	    {200, "text/plain", "Hello", true, "says “Hello”\nhangs up\n"},
	    {200, "text/xml",
		"<Response><Say voice=\"alice\">Hi <break/>you</Say><Pause length=\"2\"/>"
		"<Record maxLength=\"60\" action=\"/rec\"/><Hangup/></Response>",
		true,
		"says “Hi you”  voice alice\nwaits 2 s\n"
		"beep, records up to 60 s, then goes on at /rec\nhangs up\n"},
	    {200, "text/xml",
		"<Response><Gather numDigits=\"1\" action=\"/g\"><Say>Press</Say></Gather>"
		"<Dial>+1555</Dial><Echo/></Response>",
		true,
		"listens for keys, digits 1, then goes on at /g\n  says “Press”\n"
		"dials +1555\n<Echo> \n"},
	    {200, "text/xml", "\n" XML "<Response/>", false,
		"(not well-formed XML; Twilio: error 12100)\n\n" XML "<Response/>\n"},
	    {200, "text/xml", "<html/>", false,
		"(not TwiML: its root is <html>; Twilio: error 12102)\n"},
	    {200, "application/json", "{}", false,
		"(Twilio does not take this Content-Type: error 12300)\n{}\n"},
	    {403, "text/plain", "no\n", false, "no\n"},
	    {200, "text/plain", "\x1b[2Jboo", true, "says “\\x1b[2Jboo”\nhangs up\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *got = NULL;
		size_t len;
		FILE *out = open_memstream(&got, &len);
		(void)phone_show(out, &(struct phone_reply){.status = rows[i].status,
					  .type = span_of(rows[i].type),
					  .body = span_of(rows[i].body),
					  .call = rows[i].call,
					  .from = SPAN("+2")});
		assert_int_equal(fclose(out), 0);
		assert_string_equal(got, rows[i].want);
		free(got);
	}
}
