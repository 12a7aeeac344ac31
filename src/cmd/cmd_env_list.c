/* cmd_env_list -- `offhook env list`: names and ages, never values. */
#include "cmd/env_place.h"
#include "cmd/verbs.h"
#include "util/clock.h"
#include "view/term.h"
#include "view/when.h"

static void env_print(const struct options *options, const struct secret *secret)
{
	char iso[CLOCK_ISO_SIZE], ago[WHEN_SIZE];
	const struct setting *setting = setting_of_variable(span_of(secret->name));
	const char *is = setting != NULL ? setting->name : NULL;
	clock_iso(iso, secret->set_at_ms);
	if (options->json)
		term_json(stdout, json_pack("{s:s, s:s, s:s?}", "name", secret->name,
				      "setAt", iso, "setting", is));
	else
		term_say(stdout, "%-32s set %-18s %s", secret->name,
		    when_text(ago, secret->set_at_ms, clock_wall_ms()),
		    is != NULL ? is : "");
}

int cmd_env_list(const struct options *options)
{
	struct env_place place;
	struct secrets *secrets = NULL;
	struct error err, warning;
	if (env_place_find(&place, options, &err) != 0)
		return options_fail(options, &err);
	int rc = sealed_read(&secrets, &place.place, &warning, &err);
	for (size_t i = 0; rc == 0 && i < secrets_count(secrets); i++)
		env_print(options, secrets_at(secrets, i));
	if (rc == 0 && warning.text[0] != '\0')
		rc = error_set(&err, "%s", warning.text);
	secrets_free(secrets);
	env_place_clear(&place);
	return rc == 0 ? EXIT_OK : options_fail(options, &err);
}
