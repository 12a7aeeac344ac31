/* cmd_alerts -- sends a test alert, to see whether alerts arrive. */
#include "alert/alert_send.h"
#include "alert/alert_settings.h"
#include "cli/options.h"
#include "cli/verb.h"
#include "view/term.h"

/* Prints the result of one way of alerting. Returns rc. */
static int report_result(const char *way, int rc, const struct error *err)
{
	if (rc == 0)
		(void)fprintf(stderr, "%s: ok\n", way);
	else
		term_say(stderr, "%s", err->text);
	return rc;
}

static int alerts_test(const struct options *options)
{
	struct config config;
	struct alert_message message;
	struct error err;
	int rc = 0;
	if (options_config(&config, options, &err) != 0)
		return options_fail(options, &err);
	if (!config_alerts(&config)) {
		(void)error_set(&err,
		    "alerts go nowhere: set alert-url or alert-command (offhook.conf(5))");
		config_clear(&config);
		return options_fail(options, &err);
	}
	alert_message_test(&message, options->arena);
	if (options->json)
		(void)printf("%.*s\n", SPAN_ARG(message.json));
	if (config.alert_url != NULL)
		rc |= report_result("alert-url",
		    alert_post(config.alert_url, config.alert_secret, &message, &err),
		    &err);
	if (config.alert_command != NULL)
		rc |= report_result("alert-command",
		    alert_run(config.alert_command, ALERT_COMMAND_MS, &message, &err),
		    &err);
	config_clear(&config);
	return rc == 0 ? EXIT_OK : EXIT_FAILED;
}

static const struct verb verbs[] = {{"test", alerts_test, 0, 0, NULL}, {0}};

const struct command cmd_alerts = {
    .name = "alerts",
    .usage = "test [options]",
    .summary = "try whether alerts arrive",
    .about =
	"Sends one alert, marked as a test, by alert-url and alert-command as they\n"
	"are set. The server sends alerts by itself, when events fail or are late,\n"
	"messages are not delivered, or jobs are given up; what it has counted of\n"
	"them stands in the collection offhook.alerts.\n",
    .examples = "  offhook alerts test\n"
		"  offhook alerts test --alert-command 'cat; echo'\n"
		"  offhook query offhook.alerts\n",
    .settings = SETTINGS_ALL,
    .sealed = true,
    .json = true,
    .min_args = 1,
    .max_args = 1,
    .verbs = verbs,
};
