/* cmd_setup -- from nothing to an installation: settings, secrets, and what Twilio calls. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/prompt.h"
#include "cmd/setup.h"
#include "cmd/show_findings.h"
#include "doctor/doctor.h"
#include "doctor/machine.h"
#include "util/mem.h"
#include "view/term.h"

#define SERVICE_FILE "/etc/offhook/offhook.conf"
#define USUAL_FILE   "offhook.conf"

/* ---- the settings ---- */

void setup_add(struct setup *setup, const char *name, const char *value)
{
	if (setup->flag_count < SETUP_FLAGS_MAX)
		setup->flags[setup->flag_count++] = (struct config_flag){name, value};
}

int setup_load(struct setup *setup)
{
	struct config_input input = setup->options->input;
	input.file = access(setup->file, F_OK) == 0 ? setup->file : "/dev/null";
	input.flags = setup->flags;
	input.flag_count = setup->flag_count;
	input.environment = environ; /* an answer may be there by now */
	config_clear(&setup->config);
	config_read(&setup->config, &input);
	options_fail_config(setup->options, &setup->config);
	return setup->config.error_count == 0 ? 0 : -1;
}

static bool setup_is_service(const char *file)
{
	static const char *const units[] = {"/usr/lib/systemd/system/offhook.service",
	    "/etc/systemd/system/offhook.service",
	    "/usr/local/lib/systemd/system/offhook.service"};
	bool found = false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		found = found || access(units[i], F_OK) == 0;
	return found && strcmp(file, SERVICE_FILE) == 0;
}

static void setup_begin(struct setup *out, const struct options *options)
{
	const char *file = options->input.file;
	if (file == NULL)
		file = getenv("OFFHOOK_CONFIG");
	*out = (struct setup){.options = options,
	    .file = file != NULL && file[0] != '\0' ? file : USUAL_FILE,
	    .asks = prompt_possible() && !options_has(options, "no-questions")};
	out->service = setup_is_service(out->file);
	for (size_t i = 0; i < options->input.flag_count; i++)
		setup_add(
		    out, options->input.flags[i].name, options->input.flags[i].value);
	if (options_has(options, "account-sid"))
		(void)setenv(
		    "TWILIO_ACCOUNT_SID", options_value(options, "account-sid"), 1);
}

/* ---- afterwards ---- */

/* Whether webhooks would come. */
static bool setup_look(const struct setup *setup)
{
	struct arena *arena = setup->options->arena;
	struct findings findings = {.arena = arena};
	struct served served;
	if (options_has(setup->options, "offline"))
		return true;
	served_read(
	    &served, setup->options->app, doctor_url(&setup->config, arena), arena);
	doctor_check_url(&findings, &setup->config, &served, false);
	if (!setup->service)
		doctor_check_ports(&findings, &setup->config);
	doctor_check_clock(&findings, &setup->config);
	machine_check_limits(&findings, &setup->config);
	show_findings(stderr, &findings);
	bool sound = findings_of(&findings, FINDING_ERROR) == 0;
	findings_clear(&findings);
	return sound;
}

static void setup_tell_start(const struct setup *setup)
{
	bool usual = strcmp(setup->file, USUAL_FILE) == 0;
	const char *file = usual ? "" : setup->file;
	const char *option = usual ? "" : " --config ";
	if (!setup->service) {
		term_say(stderr, "To start it:\n  %s serve%s%s", options_program(),
		    option, file);
	} else {
		term_say(stderr,
		    "To start it:\n  systemctl daemon-reload\n  systemctl enable offhook\n"
		    "  systemctl restart offhook.socket offhook");
	}
	if (setup->service)
		term_say(
		    stderr, "Then, whether webhooks arrive:\n  offhook-service doctor");
	else
		term_say(stderr, "Then, whether webhooks arrive:\n  %s doctor%s%s",
		    options_program(), option, file);
}

static int setup_run(const struct options *options)
{
	struct setup *setup = mem_new(1, sizeof(*setup));
	struct error err;
	int code = EXIT_FAILED;
	setup_begin(setup, options);
	if (setup_load(setup) < 0) {
		code = options_explain_misuse(options);
	} else if (setup_ask(setup, &err) < 0) {
		code = setup->asks ? options_fail(options, &err)
				   : options_misused(options, &err);
	} else if (setup_load(setup) < 0 || setup_write_file(setup, &err) < 0 ||
		   setup_write_socket(setup, &err) < 0 ||
		   setup_write_secrets(setup, &err) < 0) {
		if (setup->config.error_count == 0)
			(void)options_fail(options, &err);
	} else {
		code = setup_look(setup) ? EXIT_OK : EXIT_FAILED;
		if (setup_number(setup, &err) < 0)
			code = options_fail(options, &err);
		setup_tell_start(setup);
	}
	for (size_t i = 0; i < setup->config.warning_count; i++)
		term_say(stderr, "warning: %s", setup->config.warnings[i]);
	config_clear(&setup->config);
	free(setup);
	return code;
}

static const struct flag flags[] = {
    {"account-sid", "AC…", .help = "the Twilio account, to look at its numbers"},
    {"set-number", "NUMBER",
	.help = "has Twilio call this installation for that phone number"},
    {"force", .help = "change a settings file that is there"},
    {"no-questions", .help = "ask nothing, also at a terminal"},
    {"offline", .help = "do not look at DNS, ports and clock"},
    {0},
};

const struct command cmd_setup = {
    .name = "setup",
    .usage = "[options]",
    .summary = "make the settings, and have Twilio call this server",
    .about =
	"Asks for what is missing: the URL that Twilio will call, the Auth Token, the\n"
	"account. Options and variables answer beforehand; a script, which nobody sits\n"
	"at, needs --public-url or --acme, and TWILIO_AUTH_TOKEN. Any other setting may\n"
	"be given, too.\n"
	"\n"
	"It writes the settings file (--config, or ./offhook.conf): each setting given\n"
	"becomes a line of it, all else there stays. A file that is there is changed\n"
	"after a yes, or with --force. Secrets do not go there, but are sealed, as\n"
	"`offhook env set` does: the token, and TWILIO_ACCOUNT_SID, TWILIO_API_KEY and\n"
	"TWILIO_API_SECRET when they are set. Then it looks at DNS, ports and clock, as\n"
	"`offhook doctor` does (exit code 1: webhooks would be lost), and says how to\n"
	"start. With --set-number, or after a yes, it sets a phone number's URLs at\n"
	"Twilio, with #rc=2&rp=5xx,rt,ct behind them: so Twilio tries twice more when\n"
	"this server was away. Run again, it changes only what is new.\n"
	"\n"
	"As root it seals as the user whom the data directory belongs to.\n",
    .examples =
	"  offhook setup\n"
	"  offhook setup --public-url https://sms.example.com --set-number +15551234567\n"
	"  offhook setup --acme hooks.example.com --acme-email me@example.com\n",
    .flags = flags,
    .settings = SETTINGS_ALL,
    .sealed = true,
    .discreet = true,
    .run = setup_run,
};
