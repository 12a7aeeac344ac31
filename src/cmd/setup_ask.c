#include <stdlib.h>
#include <string.h>

#include "cli/prompt.h"
#include "cmd/setup.h"
#include "doctor/account.h"
#include "doctor/doctor.h"
#include "secrets/secrets.h"
#include "view/term.h"

enum { TRIES = 5 };

/* ---- the URL ---- */

/* A certificate of our own wants the ports of the web, but where systemd has them. */
static void setup_listen_https(struct setup *setup)
{
	if (setup->service)
		return;
	if (config_value(&setup->config, "listen")->source == CONFIG_DEFAULT)
		setup_add(setup, "listen", ":443");
	if (setup->config.redirect_listen == NULL)
		setup_add(setup, "redirect-listen", ":80");
}

static void setup_take_url(struct setup *setup, const char *answer)
{
	struct arena *arena = setup->options->arena;
	if (strstr(answer, "://") != NULL) {
		setup_add(setup, "public-url", arena_strdup(arena, answer));
		return;
	}
	setup_add(setup, "public-url", arena_printf(arena, "https://%s", answer));
	if (setup->config.acme == NULL &&
	    prompt_yes(
		"Shall this server get the certificate for it, from Let's Encrypt, "
		"by its terms?\nNo, if a proxy or tunnel in front has one. [Y/n] ",
		true))
		setup_add(setup, "acme", arena_strdup(arena, answer));
}

static int setup_ask_url(struct setup *setup)
{
	for (int i = 0; i < TRIES; i++) {
		struct buf answer = {0};
		size_t before = setup->flag_count;
		int rc = prompt_line(&answer,
		    "What will Twilio call? A domain name that leads to this machine, or "
		    "an https:// URL: ");
		if (rc == 0 && answer.len > 0)
			setup_take_url(setup, answer.ptr);
		buf_free(&answer);
		if (rc < 0)
			return -1;
		if (setup->flag_count > before && setup_load(setup) == 0)
			return 0;
		setup->flag_count = before;
		(void)setup_load(setup);
	}
	return -1;
}

/* ---- token and account ---- */

/* An answer is from then on in our own environment, where all else is looked for. */
static int setup_keep(const char *name, struct buf *typed)
{
	struct span value = span_trim(buf_span(typed));
	int rc = secret_check_value(value, NULL);
	if (rc == 0) {
		typed->ptr[value.ptr - typed->ptr + (ptrdiff_t)value.len] = '\0';
		(void)setenv(name, value.ptr, 1);
	}
	secrets_wipe(typed);
	return rc;
}

static int setup_ask_token(struct setup *setup, struct error *err)
{
	for (int i = 0; i < TRIES; i++) {
		struct buf typed = {0};
		int rc = prompt_secret(&typed,
		    "The Auth Token of your Twilio account, from the Console",
		    SECRET_VALUE_MAX, err);
		bool ended = rc < 0 || typed.len == 0;
		if (setup_keep("TWILIO_AUTH_TOKEN", &typed) == 0)
			return setup_load(setup);
		if (ended)
			break;
	}
	return error_set(err, "without an Auth Token nothing can be set up");
}

static int setup_ask_account(struct setup *setup, struct error *err)
{
	for (int i = 0; i < TRIES; i++) {
		struct rest_account account;
		struct buf typed = {0};
		if (prompt_line(&typed,
			"The account's SID (AC…), to look at its phone numbers; nothing: "
			"not now: ") < 0 ||
		    typed.len == 0) {
			buf_free(&typed);
			(void)unsetenv("TWILIO_ACCOUNT_SID");
			return 0;
		}
		(void)setup_keep("TWILIO_ACCOUNT_SID", &typed);
		if (!account_find(&account, &setup->config) ||
		    rest_check(&account, err) == 0)
			return 0;
		term_say(stderr, "%s", err->text);
	}
	return -1;
}

int setup_ask(struct setup *setup, struct error *err)
{
	struct arena *arena = setup->options->arena;
	struct rest_account account;
	bool url = doctor_url(&setup->config, arena) != NULL;
	if (!url && !setup->asks)
		return error_set(err,
		    "what will Twilio call? Give --public-url https://…, or --acme NAME "
		    "for a certificate of its own");
	if (!config_can_verify(&setup->config) && !setup->asks)
		return error_set(err,
		    "the Auth Token is missing: set the variable TWILIO_AUTH_TOKEN");
	if (!url && setup_ask_url(setup) < 0)
		return error_set(err, "without a URL nothing can be set up");
	if (setup->config.acme != NULL)
		setup_listen_https(setup);
	if (!config_can_verify(&setup->config) && setup_ask_token(setup, err) < 0)
		return -1;
	bool known = account_find(&account, &setup->config);
	if (known && rest_check(&account, err) < 0)
		return -1;
	return known || !setup->asks ? 0 : setup_ask_account(setup, err);
}
