#include "config/renew.h"

#include <string.h>

static bool value_differs(const struct config_value *a, const struct config_value *b)
{
	return strcmp(a->text, b->text) != 0 ||
	       memcmp(a->digest, b->digest, sizeof(a->digest)) != 0;
}

/* The fields of all rows that have `renewed` in the table of settings. */
static void renew_fields(struct config *next, const struct config *fresh)
{
	next->public_url = fresh->public_url;
	next->public_scheme = fresh->public_scheme;
	next->public_host = fresh->public_host;
	next->public_prefix = fresh->public_prefix;
	next->proxies = fresh->proxies;
	next->alert_url = fresh->alert_url;
	next->alert_command = fresh->alert_command;
	next->alert_secret = fresh->alert_secret;
	next->alert_interval_ms = fresh->alert_interval_ms;
	next->alert_delay_ms = fresh->alert_delay_ms;
	next->log_level = fresh->log_level;
	next->tokens = fresh->tokens;
	next->first_token = fresh->first_token;
	next->key_file = fresh->key_file;
	next->secrets = fresh->secrets;
}

void config_renew(struct config *next, struct renewal *out, const struct config *old,
    const struct config *fresh)
{
	*next = *old;
	*out = (struct renewal){.alerts = false};
	renew_fields(next, fresh);
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];
		bool differs = value_differs(&old->values[i], &fresh->values[i]);
		if (setting->renewed)
			next->values[i] = fresh->values[i];
		if (differs && setting->renewed)
			out->taken[out->taken_count++] = setting->name;
		else if (differs)
			out->kept[out->kept_count++] = setting->name;
		if (differs && strncmp(setting->name, "alert-", strlen("alert-")) == 0)
			out->alerts = true;
	}
	if (!secrets_same(old->secrets, fresh->secrets))
		out->taken[out->taken_count++] = "secrets";
}
