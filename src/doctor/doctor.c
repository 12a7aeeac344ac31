#include "doctor/doctor.h"

#include <stdlib.h>
#include <string.h>

#include "app/app_check.h"
#include "app/issuance.h"
#include "control/control.h"
#include "doctor/account.h"
#include "doctor/drift.h"
#include "doctor/machine.h"
#include "doctor/names.h"
#include "doctor/probe.h"
#include "http/server.h"
#include "rest/numbers.h"
#include "util/clock.h"

enum { API_MS = 10000, PROBES_MS = 12000 };

/* ---- settings ---- */

/* The first line says what is wrong, and those below it what to do. */
static void doctor_add_lines(
    struct findings *findings, enum finding_level level, const char *text)
{
	size_t len = strcspn(text, "\n");
	findings_add(findings, level, "settings",
	    text[len] == '\n' ? text + len + 1 : NULL, "%.*s", (int)len, text);
}

static void doctor_check_settings(struct findings *findings, struct config *config)
{
	app_check(config);
	for (size_t i = 0; i < config->error_count; i++)
		doctor_add_lines(findings, FINDING_ERROR, config->errors[i]);
	for (size_t i = 0; i < config->warning_count; i++)
		doctor_add_lines(findings, FINDING_WARNING, config->warnings[i]);
	if (config->error_count == 0)
		findings_add(findings, FINDING_OK, "settings", NULL,
		    "`serve` would start with these settings");
	if (config_can_verify(config) && !tokens_look_odd(config->tokens))
		findings_add(findings, FINDING_OK, "token", NULL,
		    "signatures are verified with %zu token%s",
		    tokens_count(config->tokens),
		    tokens_count(config->tokens) == 1 ? "" : "s");
}

/* ---- the URL ---- */

const char *doctor_url(const struct config *config, struct arena *arena)
{
	char *own = issuance_url(config);
	const char *url = config->public_url != NULL ? config->public_url : own;
	if (url != NULL)
		url = arena_strdup(arena, url);
	free(own);
	return url;
}

void doctor_check_url(struct findings *findings, const struct config *config,
    const struct served *served, bool runs)
{
	struct names names;
	if (served->base == NULL) {
		findings_add(findings, FINDING_WARNING, "url",
		    "public-url = https://… with the address that Twilio calls",
		    "no public-url is set: signatures are checked against the Host "
		    "header%s, and nothing of what is outside can be looked at",
		    proxies_count(config->proxies) > 0
			? ", or what trusted-proxy says of it"
			: "");
		return;
	}
	bool https = strncmp(served->base, "https://", strlen("https://")) == 0;
	findings_add(findings, https ? FINDING_OK : FINDING_WARNING, "url",
	    https ? NULL
		  : "get a certificate (acme), or end HTTPS in a proxy, and set the "
		    "https URL",
	    https ? "Twilio calls %s"
		  : "Twilio calls %s: messages and calls pass unencrypted",
	    served->base);
	const char *host = strstr(served->base, "://") + 3;
	struct span text = {host, strcspn(host, "/")};
	names_check(&names, findings, text);
	if (!runs || served->probe == NULL)
		return;
	const struct probe probe = {
	    .url = arena_printf(findings->arena, "%s%s", served->base, served->probe),
	    .listen = config->listen,
	    .until_us = clock_mono_us() + INT64_C(1000) * PROBES_MS};
	probe_check(findings, &probe, names.v4, names.v6);
}

static void doctor_check_port(
    struct findings *findings, const char *setting, const char *address)
{
	struct error err;
	if (address == NULL)
		return;
	if (server_check(address, NULL, &err) < 0)
		findings_add(findings, FINDING_ERROR, "ports",
		    "end what listens there, or choose another port; below 1024 it "
		    "takes root, or systemd's socket (docs/service.md)",
		    "%s: %s", setting, err.text);
	else
		findings_add(findings, FINDING_OK, "ports", NULL, "%s: %s is free",
		    setting, address);
}

void doctor_check_ports(struct findings *findings, const struct config *config)
{
	if (control_running(config->data))
		return;
	doctor_check_port(findings, "listen", config->listen);
	doctor_check_port(findings, "redirect-listen", config->redirect_listen);
	doctor_check_port(findings, "admin", config->admin);
}

/* ---- Twilio ---- */

static void doctor_tell_clock(struct findings *findings, const struct rest *rest)
{
	if (rest->date_ms != 0)
		machine_judge_clock(findings, rest->date_here_ms, rest->date_ms);
}

static void doctor_no_api(struct findings *findings, const struct error *err)
{
	findings_add(findings, FINDING_WARNING, "api",
	    "let this machine reach api.twilio.com:443, or leave it out: --offline",
	    "Twilio's API could not be asked: %s", err->text);
}

void doctor_check_clock(struct findings *findings, const struct config *config)
{
	struct rest_account account;
	struct rest rest = {0};
	struct error err;
	(void)account_find(&account, config);
	if (rest_open(&rest, &account, clock_mono_us() + INT64_C(1000) * API_MS, &err) <
		0 ||
	    rest_touch(&rest, &err) < 0)
		doctor_no_api(findings, &err);
	else
		doctor_tell_clock(findings, &rest);
	rest_close(&rest);
}

static void doctor_check_numbers(struct findings *findings,
    const struct rest_account *account, const struct served *served)
{
	struct numbers *numbers = numbers_new();
	struct rest rest = {0};
	struct error err;
	int rc =
	    rest_open(&rest, account, clock_mono_us() + INT64_C(1000) * API_MS, &err);
	if (rc == 0)
		rc = numbers_list(numbers, &rest, NULL, &err);
	doctor_tell_clock(findings, &rest);
	if (rc < 0 && rest.status == 0)
		doctor_no_api(findings, &err);
	else if (rc < 0)
		findings_add(findings, FINDING_ERROR, "api",
		    "copy SID and Auth Token from the Twilio Console again: `offhook env "
		    "set TWILIO_AUTH_TOKEN`",
		    "the account's numbers cannot be read: %s", err.text);
	else if (served->base != NULL)
		drift_judge(findings, served, numbers);
	rest_close(&rest);
	numbers_free(numbers);
}

static void doctor_check_account(
    struct findings *findings, const struct config *config, const struct served *served)
{
	struct rest_account account;
	struct error err;
	if (!account_find(&account, config)) {
		doctor_check_clock(findings, config);
		findings_add(findings, FINDING_WARNING, "number",
		    "`offhook env set TWILIO_ACCOUNT_SID`, or export it; the Auth Token "
		    "is taken, or TWILIO_API_KEY with TWILIO_API_SECRET",
		    "what Twilio calls for your numbers was not looked at: there are no "
		    "API credentials");
	} else if (rest_check(&account, &err) < 0) {
		findings_add(findings, FINDING_ERROR, "api",
		    "copy it from the Twilio Console again", "%s", err.text);
	} else {
		doctor_check_numbers(findings, &account, served);
	}
}

void doctor_check(
    struct findings *findings, struct config *config, const oh_app *app, bool offline)
{
	struct served served;
	doctor_check_settings(findings, config);
	machine_check_data(findings, config);
	machine_check_key(findings, config);
	machine_check_limits(findings, config);
	served_read(&served, app, doctor_url(config, findings->arena), findings->arena);
	if (offline)
		return;
	doctor_check_url(findings, config, &served, true);
	doctor_check_account(findings, config, &served);
}
