/* cmd_doctor -- looks at all of an installation, and says how to mend what is wrong. */
#include "cli/options.h"
#include "cmd/show_findings.h"
#include "doctor/doctor.h"
#include "view/term.h"

static const char *const levels[] = {"ok", "warning", "error"};

static void doctor_print_json(const struct findings *findings)
{
	json_t *array = json_array();
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->rows[i];
		json_t *row = json_object();
		(void)json_object_set_new(
		    row, "level", json_string(levels[finding->level]));
		(void)json_object_set_new(row, "check", json_string(finding->check));
		(void)json_object_set_new(
		    row, "text", term_json_text(span_of(finding->text)));
		(void)json_object_set_new(
		    row, "mend", term_json_text(span_of(finding->mend)));
		(void)json_array_append_new(array, row);
	}
	term_json(
	    stdout, json_pack("{s:b, s:o}", "ok",
			findings_of(findings, FINDING_ERROR) == 0, "findings", array));
}

static int doctor_run(const struct options *options)
{
	struct findings findings = {.arena = options->arena};
	struct config config;
	options_read_config(&config, options);
	doctor_check(&findings, &config, options->app, options_has(options, "offline"));
	if (options->json)
		doctor_print_json(&findings);
	else
		show_findings(stdout, &findings);
	bool sound = findings_of(&findings, FINDING_ERROR) == 0;
	findings_clear(&findings);
	config_clear(&config);
	return sound ? EXIT_OK : EXIT_FAILED;
}

static const struct flag flags[] = {
    {"offline", .help = "leave out what needs the network"}, {0}};

const struct command cmd_doctor = {
    .name = "doctor",
    .usage = "[options]",
    .summary = "look whether webhooks arrive, and say how to mend what is wrong",
    .about =
	"Looks at the settings, the data directory, its key and room, the limits of the\n"
	"machine, and whether a server runs; then, unless --offline, where the public\n"
	"URL leads, whether this Offhook answers there and with what certificate, the\n"
	"clock, and what Twilio calls for the account's phone numbers. It takes the same\n"
	"settings as `serve`, changes nothing, and ends within half a minute. Exit code\n"
	"1: webhooks are lost, or would be.\n"
	"\n"
	"For the phone numbers it needs TWILIO_ACCOUNT_SID, and the Auth Token or\n"
	"TWILIO_API_KEY with TWILIO_API_SECRET, from the environment or `offhook env`.\n"
	"TWILIO_API_URL is Twilio's API elsewhere than https://api.twilio.com.\n"
	"The log of the server shows its request as one without a signature.\n",
    .examples = "  offhook doctor\n"
		"  offhook doctor --config /etc/offhook/offhook.conf --json\n",
    .flags = flags,
    .settings = SETTINGS_ALL,
    .sealed = true,
    .json = true,
    .run = doctor_run,
};
