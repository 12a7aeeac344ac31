/* Requests that cost much to check, and then are refused. */
#include "abuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EACH = 1, TOKENS = 50, FORM_LEN = 65000, LONGEST = 1 << 20, TARGET_LEN = 30000 };

#define SIGNED "X-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8=\r\n"
#define FORM   "application/x-www-form-urlencoded"

/* Each token is tried with each form of the URL: there is no AccountSid, and the query
 * may be written in three ways. */
static const struct attack {
	const char *name, *target, *type;
	char fill; /* of the body */
	size_t body, query;
} attacks[] = {
    {"a form as large as a diagnosis takes", "/twilio/sms?a='&b=%27", FORM, 'x',
	FORM_LEN, 0},
    {"a form as large as may be", "/twilio/sms?a='&b=%27", FORM, 'x', LONGEST, 0},
    {"a thousand parameters", "/twilio/sms?a='&b=%27", FORM, '&', 999, 0},
    {"JSON as large as may be", "/twilio/sms?a='&b=%27", "application/json", '[',
	LONGEST, 0},
    {"JSON with a hash",
	"/twilio/sms?a='&b=%27&bodySHA256="
	"93a23971a914e5eacbf0a8d25154cda309c3c1c72fbb9914d47c60f3cb681588",
	"application/json", '[', LONGEST, 0},
    {"a form with a hash",
	"/twilio/sms?a='&b=%27&bodySHA256="
	"93a23971a914e5eacbf0a8d25154cda309c3c1c72fbb9914d47c60f3cb681588",
	FORM, 'x', FORM_LEN, 0},
    {"a long URL", "/twilio/sms?b=%27&a=", FORM, 'x', 0, TARGET_LEN},
    {"a long URL and a large form", "/twilio/sms?b=%27&a=", FORM, 'x', FORM_LEN,
	TARGET_LEN},
};

static void make(struct buf *out, const struct attack *attack)
{
	buf_clear(out);
	buf_printf(out, "POST %s", attack->target);
	for (size_t i = 0; i < attack->query; i++)
		buf_putc(out, '\'');
	buf_printf(out,
	    " HTTP/1.1\r\nHost: EXAMPLE.com\r\n" SIGNED
	    "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
	    attack->type, attack->body);
	for (size_t i = 0; i < attack->body; i++)
		buf_putc(out, attack->fill);
}

/* 403; or 503 when too many are being checked. */
static void ask_some(struct abuse *abuse, const struct buf *request)
{
	int statuses[ABUSE_ASKS];
	abuse_ask(abuse, request, statuses, ABUSE_ASKS);
	for (int i = 0; i < ABUSE_ASKS; i++)
		if (statuses[i] != 403 && statuses[i] != 503)
			fail_msg("refused with %d", statuses[i]);
}

/* faults 3.3 */
TEST(what_costs_much_to_check_holds_nobody_up)
{
	static char variable[TOKENS * 33 + 64] = "TWILIO_AUTH_TOKEN=";
	const char *const tokens[] = {"env", variable, NULL};
	struct abuse abuse;
	struct buf request = {0};
	for (int i = 1; i < TOKENS; i++)
		(void)sprintf(variable + strlen(variable), "%032d,", i);
	(void)strcat(variable, TALK_TOKEN); /* the last to be tried */
	abuse_open_wrapped(&abuse, tokens);
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		make(&request, &attacks[i]);
		for (int round = 0; abuse_goes_on(&abuse, &round, EACH);)
			ask_some(&abuse, &request);
	}
	assert_true(talk_logged(&abuse.talk, "cause=not-diagnosed"));
	abuse_close(&abuse);
	buf_free(&request);
}

/* faults 3.6: headers of a proxy that is believed, and passes on what strangers say */
TEST(forged_headers_of_a_proxy_hold_nobody_up)
{
	static const char *const believed[] = {
	    "--public-url", "none", "--trusted-proxy", "127.0.0.0/8", NULL};

	static const struct {
		const char *head, *unit;
		int many;
	} rows[] = {
	    {"X-Forwarded-Host: a.example/pre\r\n", "", 0},
	    {"X-Forwarded-Host: a.example@b.example:99999\r\n", "", 0},
	    {"X-Forwarded-Host: ", "a.example, ", 2500},
	    {"X-Forwarded-Host: ", "A", 30000},
	    {"X-Forwarded-Host: ", "[", 30000},
	    {"X-Forwarded-Proto: javascript\r\n", "", 0},
	    {"X-Forwarded-Proto: ", "HTTPS,", 5000},
	    {"Forwarded: ", "for=1;host=a.example;proto=https,", 900},
	    {"Forwarded: host=\"", "\\a", 15000},
	    {"Forwarded: ", ";=\",", 7500},
	    {"X-A: b\r\n", "X-Forwarded-Host: a.example\r\n", 90},
	    {"X-A: b\r\n", "Forwarded: host=a.example\r\n", 90},
	};
	struct abuse abuse;
	abuse_open(&abuse, believed);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf headers = {0}, request = {0};
		int statuses[ABUSE_ASKS];
		buf_printf(&headers, SIGNED "%s", rows[i].head);
		for (int n = 0; n < rows[i].many; n++)
			buf_puts(&headers, rows[i].unit);
		if (headers.ptr[headers.len - 1] != '\n')
			buf_puts(&headers, "\r\n");
		talk_request(&request, "/twilio/sms", buf_text(&headers), "Body=hi");
		for (int round = 0; abuse_goes_on(&abuse, &round, 1);) {
			abuse_ask(&abuse, &request, statuses, ABUSE_ASKS);
			for (int n = 0; n < ABUSE_ASKS; n++)
				if (statuses[n] != 403 && statuses[n] != 400)
					fail_msg("%s… %d", rows[i].head, statuses[n]);
		}
		buf_free(&headers);
		buf_free(&request);
	}
	abuse_close(&abuse);
}
