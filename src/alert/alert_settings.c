#include "alert/alert_settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/curl.h"
#include "util/text.h"

#define VARIABLE_URL      "OFFHOOK_ALERT_URL"
#define VARIABLE_COMMAND  "OFFHOOK_ALERT_COMMAND"
#define VARIABLE_SECRET   "OFFHOOK_ALERT_SECRET"
#define VARIABLE_INTERVAL "OFFHOOK_ALERT_INTERVAL"

/* What the environment said before may be what a flag or a file took back. */
static void export(const char *variable, const char *value)
{
	if (value != NULL)
		(void)setenv(variable, value, 1);
	else
		(void)unsetenv(variable);
}

int alert_export(const struct config *config, struct error *err)
{
	struct curl curl;
	char interval[32];
	if (config->alert_url != NULL && curl_load(&curl, err) < 0)
		return error_wrap(err, "alert-url");
	(void)snprintf(
	    interval, sizeof(interval), "%lldms", (long long)config->alert_interval_ms);
	export(VARIABLE_URL, config->alert_url);
	export(VARIABLE_COMMAND, config->alert_command);
	export(VARIABLE_SECRET, config->alert_secret);
	export(VARIABLE_INTERVAL, config_alerts(config) ? interval : NULL);
	return 0;
}

struct alert_settings alert_settings(void)
{
	struct alert_settings out = {
	    getenv(VARIABLE_URL), getenv(VARIABLE_COMMAND), getenv(VARIABLE_SECRET), 0};
	const char *interval = getenv(VARIABLE_INTERVAL);
	if (interval != NULL)
		(void)text_duration(span_of(interval), &out.interval_ms);
	return out;
}
