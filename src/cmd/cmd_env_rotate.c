/* cmd_env_rotate -- `offhook env rotate-key`. */
#include <string.h>

#include "cmd/env_place.h"
#include "cmd/verbs.h"
#include "view/term.h"

/* The keys given by --recipient. */
static int env_recipients(struct age_recipient list[AGE_KEYS_MAX], size_t *count,
    const struct options *options, struct error *err)
{
	struct buf text = {0};
	int rc = 0;
	*count = 0;
	for (size_t i = 0; i < options->given_count; i++)
		if (strcmp(options->given[i].flag->name, "recipient") == 0)
			buf_printf(&text, "%s\n", options->given[i].value);
	if (text.len > 0 && age_recipients_read(list, count, buf_span(&text), err) < 0)
		rc = error_wrap(err, "--recipient");
	buf_free(&text);
	return rc;
}

int cmd_env_rotate(const struct options *options)
{
	struct env_place place;
	struct age_recipient more[AGE_KEYS_MAX];
	struct error err;
	size_t count;
	if (env_recipients(more, &count, options, &err) < 0)
		return options_misused(options, &err);
	if (env_place_find(&place, options, &err) != 0)
		return options_fail(options, &err);
	int rc = sealed_rotate(&place.place, more, count, &err);
	int server = rc == 0 ? env_place_tell(&place, NULL, &err) : -1;
	if (server >= 0 && options->json)
		term_json(stdout, json_pack("{s:b}", "rotated", true));
	else if (server >= 0)
		term_say(stderr, "all secrets are sealed to a new key");
	env_place_clear(&place);
	return server >= 0 ? EXIT_OK : options_fail(options, &err);
}
