/* cmd_serve -- runs the server. */
#include "app/app.h"
#include "cli/options.h"
#include "util/log.h"

static int check_tokens(const struct config *config, struct error *err)
{
	if (tokens_count(config->tokens) > 0)
		return 0;
	return error_set(err,
	    "without your account's Auth Token it cannot tell Twilio from anybody else.\n"
	    "Copy the token from the Twilio Console, then either\n"
	    "  export TWILIO_AUTH_TOKEN=your_auth_token\n"
	    "or put this line into offhook.conf, and run chmod 600 offhook.conf:\n"
	    "  auth-token = your_auth_token\n"
	    "There is no option for it, because others could read it with ps. Just to "
	    "try:\n"
	    "  export TWILIO_AUTH_TOKEN=$(openssl rand -hex 16)\n"
	    "lets `offhook send`, with the same variable, play Twilio");
}

static int serve_run(const struct options *options)
{
	struct config config;
	struct error err;
	if (options_config(&config, options, &err) != 0)
		return options_misused(options, &err);
	int rc = check_tokens(&config, &err);
	if (rc == 0) {
		log_setup(config.log_format, config.log_level);
		for (size_t i = 0; i < config.warning_count; i++)
			log_write(LOG_WARN, config.warnings[i], NULL);
		rc = app_run(&config, options->app, &err);
	}
	config_clear(&config);
	return rc == 0 ? EXIT_OK : options_fail(options, &err);
}

const struct command cmd_serve = {
    .name = "serve",
    .usage = "[options]",
    .summary = "answer Twilio's webhooks",
    .about =
	"Receives webhooks, proves that they are Twilio's, stores them, and answers\n"
	"with TwiML. Needs the account's Auth Token, in the variable TWILIO_AUTH_TOKEN\n"
	"or in offhook.conf, or a SharedKey (TWILIO_SHARED_KEYS). Prints where it\n"
	"listens when it is ready; SIGTERM and SIGINT end it after the requests in\n"
	"flight.\n",
    .examples = "  offhook serve\n"
		"  offhook serve --listen :3000 --public-url https://sms.example.com\n"
		"  offhook serve --data /var/lib/offhook --admin 127.0.0.1:9090\n",
    .settings = SETTINGS_ALL,
    .serves = true,
    .run = serve_run,
};
