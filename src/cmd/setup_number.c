#include <stdlib.h>
#include <string.h>

#include "cli/prompt.h"
#include "cmd/setup.h"
#include "doctor/account.h"
#include "doctor/doctor.h"
#include "doctor/served.h"
#include "util/clock.h"
#include "view/term.h"

enum { API_MS = 20000, SHOWN_MAX = 50 };

static const char *or_nothing(const char *url)
{
	return url[0] != '\0' ? url : "(nothing)";
}

static bool setup_number_is(const char *is, const char *want)
{
	return want == NULL || strcmp(is, want) == 0;
}

/* Whether nothing is left to change. */
static bool setup_number_is_set(
    const struct number *number, const struct number_urls *urls)
{
	return setup_number_is(number->sms_url, urls->sms) &&
	       setup_number_is(number->voice_url, urls->voice) &&
	       setup_number_is(number->status_callback, urls->status) &&
	       (urls->sms == NULL ||
		   setup_number_is(number->sms_fallback_url, urls->fallback)) &&
	       (urls->voice == NULL ||
		   setup_number_is(number->voice_fallback_url, urls->fallback));
}

static void setup_show_url(const char *what, const char *is, const char *want)
{
	if (want != NULL && strcmp(is, want) != 0)
		term_say(
		    stderr, "  %-16s %s\n  %16s -> %s", what, or_nothing(is), "", want);
}

static void setup_show_change(
    const struct number *number, const struct number_urls *urls)
{
	term_say(stderr, "%s, at Twilio:", number->number);
	setup_show_url("SmsUrl", number->sms_url, urls->sms);
	setup_show_url("SmsFallbackUrl", number->sms_fallback_url,
	    urls->sms != NULL ? urls->fallback : NULL);
	setup_show_url("VoiceUrl", number->voice_url, urls->voice);
	setup_show_url("VoiceFallbackUrl", number->voice_fallback_url,
	    urls->voice != NULL ? urls->fallback : NULL);
	setup_show_url("StatusCallback", number->status_callback, urls->status);
	term_say(stderr, "  (" ROUTE_OVERRIDES
			 " has Twilio try twice more after a 5xx, a timeout or "
			 "a failed connection; it is not sent and not signed)");
}

static int setup_change(struct rest *rest, const struct number *number,
    const struct number_urls *urls, bool confirmed, struct error *err)
{
	if (setup_number_is_set(number, urls)) {
		term_say(stderr, "%s leads here already", number->number);
		return 0;
	}
	setup_show_change(number, urls);
	if (!confirmed && !prompt_yes("Set these at Twilio? [y/N] ", false)) {
		term_say(stderr, "nothing was changed at Twilio");
		return 0;
	}
	if (number_set(rest, number, urls, err) < 0)
		return error_wrap(err, "%s is not set", number->number);
	term_say(stderr, "%s leads here now", number->number);
	return 0;
}

static const struct number *setup_find(
    const struct numbers *numbers, const char *number)
{
	for (size_t i = 0; i < numbers->count; i++)
		if (strcmp(numbers->rows[i].number, number) == 0)
			return &numbers->rows[i];
	return NULL;
}

/* Asks which one; nothing typed: none. */
static int setup_choose(struct rest *rest, const struct numbers *numbers,
    const struct number_urls *urls, struct error *err)
{
	struct buf answer = {0};
	int rc = 0;
	term_say(stderr, "The account's phone numbers, and where their messages go:");
	for (size_t i = 0; i < numbers->count && i < SHOWN_MAX; i++)
		term_say(stderr, "  %-16s %s", numbers->rows[i].number,
		    or_nothing(numbers->rows[i].sms_url));
	if (prompt_line(&answer, "Which one is to lead here? (nothing: none) ") == 0 &&
	    answer.len > 0) {
		const struct number *number = setup_find(numbers, answer.ptr);
		rc = number != NULL ? setup_change(rest, number, urls, false, err)
				    : error_set(err, "the account has no such number");
	}
	buf_free(&answer);
	return rc;
}

static int setup_with(const struct setup *setup, struct rest *rest,
    const struct number_urls *urls, struct error *err)
{
	const char *wanted = options_value(setup->options, "set-number");
	struct numbers *numbers = numbers_new();
	int rc = numbers_list(numbers, rest, wanted, err);
	if (rc < 0)
		(void)error_wrap(err, "the account's numbers");
	else if (wanted == NULL && numbers->count > 0)
		rc = setup_choose(rest, numbers, urls, err);
	else if (numbers->count == 0)
		rc = wanted == NULL
			 ? 0
			 : error_set(err,
			       "--set-number: the account has no such number; "
			       "it is written as +15551234567");
	else
		rc = setup_change(rest, &numbers->rows[0], urls, true, err);
	numbers_free(numbers);
	return rc;
}

int setup_number(struct setup *setup, struct error *err)
{
	bool wanted = options_has(setup->options, "set-number");
	struct arena *arena = setup->options->arena;
	struct rest_account account;
	struct rest rest = {0};
	struct served served;
	if (!wanted && !setup->asks)
		return 0;
	if (!account_find(&account, &setup->config))
		return wanted
			   ? error_set(err,
				 "--set-number needs TWILIO_ACCOUNT_SID, and the Auth "
				 "Token or TWILIO_API_KEY and TWILIO_API_SECRET")
			   : 0;
	served_read(
	    &served, setup->options->app, doctor_url(&setup->config, arena), arena);
	int rc = rest_check(&account, err);
	if (rc == 0)
		rc = rest_open(
		    &rest, &account, clock_mono_us() + INT64_C(1000) * API_MS, err);
	if (rc == 0)
		rc = setup_with(setup, &rest, &served.urls, err);
	rest_close(&rest);
	return rc;
}
