/* cmd_serve -- runs the server. */
#include <unistd.h>

#include "app/app.h"
#include "app/app_check.h"
#include "app/inherited.h"
#include "cli/options.h"
#include "util/log.h"

/* For a reload. What app_check looks at besides does not change with one. */
static int serve_load(struct config *out, const void *ctx, struct error *err)
{
	if (options_config(out, ctx, err) != 0)
		return -1;
	if (config_can_verify(out))
		return 0;
	config_clear(out);
	return error_set(err, "no Auth Token and no SharedKey is left");
}

/* Whoever breaks into a handler then has the machine. */
static void serve_warn_root(void)
{
	if (geteuid() == 0)
		log_write(LOG_WARN,
		    "this serves as root, and so do its handlers: run it as a user of its "
		    "own, as the package's service does (systemctl start offhook), or by "
		    "setpriv --reuid=USER --regid=GROUP --clear-groups",
		    NULL);
}

static int serve_run(const struct options *options)
{
	struct config config;
	struct error err;
	const struct app_source source = {serve_load, options};
	app_block_signals();
	options_read_config(&config, options);
	bool misused = config.error_count > 0;
	inherited_take(&config);
	app_check(&config);
	if (config.error_count > 0) {
		options_fail_config(options, &config);
		config_clear(&config);
		return misused ? options_explain_misuse(options) : EXIT_FAILED;
	}
	log_setup(config.log_format, config.log_level);
	for (size_t i = 0; i < config.warning_count; i++)
		log_write(LOG_WARN, config.warnings[i], NULL);
	serve_warn_root();
	int rc = app_run(&config, &source, options->app, &err);
	config_clear(&config);
	return rc == 0 ? EXIT_OK : options_fail(options, &err);
}

const struct command cmd_serve = {
    .name = "serve",
    .usage = "[options]",
    .summary = "answer Twilio's webhooks",
    .about =
	"Receives webhooks, proves that they are Twilio's, stores them, and answers\n"
	"with TwiML. Needs the account's Auth Token, from `offhook env`, the variable\n"
	"TWILIO_AUTH_TOKEN or offhook.conf, or a SharedKey (TWILIO_SHARED_KEYS). Prints where it\n"
	"listens when it is ready; SIGTERM and SIGINT end it after the requests in\n"
	"flight; SIGHUP reads the settings again, as `offhook reload` does.\n",
    .examples = "  offhook serve\n"
		"  offhook serve --listen :3000 --public-url https://sms.example.com\n"
		"  offhook serve --data /var/lib/offhook --admin 127.0.0.1:9090\n",
    .settings = SETTINGS_ALL,
    .sealed = true,
    .serves = true,
    .run = serve_run,
};
