/* cmd_env_set -- `offhook env set` and `unset`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/prompt.h"
#include "cmd/env_place.h"
#include "cmd/verbs.h"
#include "util/mem.h"
#include "view/term.h"

/* ---- the value ---- */

static int env_take_value(struct buf *out, const char *name, struct error *err)
{
	enum { READ_MAX = SECRET_VALUE_MAX + 3 };

	if (isatty(STDIN_FILENO) == 1)
		return prompt_secret(out, name, READ_MAX, err);
	if (prompt_read(out, READ_MAX, false) < 0)
		return error_set(err, "standard input: %s", strerror(errno));
	return 0;
}

/* Without one line end behind it, which `echo` adds. */
static struct span env_value(const struct buf *typed)
{
	struct span value = buf_span(typed);
	if (value.len > 0 && value.ptr[value.len - 1] == '\n')
		value.len--;
	if (value.len > 0 && value.ptr[value.len - 1] == '\r')
		value.len--;
	return value;
}

/* A setting is checked before it is stored: the server would not start with a wrong one. */
static int env_check_setting(const char *name, struct span value, struct error *err)
{
	const struct setting *setting = setting_of_variable(span_of(name));
	struct config config;
	if (setting == NULL && strncmp(name, "OFFHOOK_", strlen("OFFHOOK_")) != 0)
		return 0;
	if (setting != NULL && !setting_sealable(setting))
		return error_set(err,
		    "%s says where the secrets are, so it cannot be among them; it "
		    "belongs into offhook.conf or the environment",
		    setting->name);
	struct buf line = {0};
	buf_reserve(&line, strlen(name) + value.len + 2);
	buf_printf(&line, "%s=", name);
	buf_put(&line, value);
	char *environment[] = {line.ptr, NULL};
	const struct config_input input = {
	    .file = "/dev/null", .environment = environment};
	int rc = config_load(&config, &input, err);
	for (size_t i = 0; rc == 0 && i < config.warning_count; i++)
		term_say(stderr, "warning: %s", config.warnings[i]);
	if (rc == 0)
		config_clear(&config);
	secrets_wipe(&line);
	return rc;
}

/* ---- storing it ---- */

static void env_report(const struct options *options, const char *name, bool set,
    int server, const json_t *answer)
{
	const json_t *restart = json_object_get(answer, "restart");
	if (options->json) {
		term_json(stdout, json_pack("{s:s, s:b, s:b}", "name", name, "set", set,
				      "serverTookIt", server == 0));
		return;
	}
	term_say(stderr, "%s is %s%s", name, set ? "set" : "unset",
	    server == 0 ? "; the server has it" : "");
	if (json_array_size(restart) > 0)
		term_say(stderr, "some settings need a restart; see `offhook reload`");
}

/* Absent value: it is unset. */
static int env_change(const struct options *options, const char *name,
    struct span value, struct error *err)
{
	struct env_place place;
	json_t *answer = NULL;
	char *made = NULL;
	if (env_place_find(&place, options, err) != 0)
		return -1;
	int rc = sealed_change(&place.place, span_of(name), value, &made, err);
	env_place_tell_made(made, place.place.dir);
	/* Without the key the change waits for somebody who has it. */
	if (rc == 0 && sealed_fold(&place.place, err) < 0)
		rc = error_wrap(err, "it is stored, but");
	int server = rc == 0 ? env_place_tell(&place, &answer, err) : -1;
	if (server >= 0)
		env_report(options, name, value.ptr != NULL, server, answer);
	json_decref(answer);
	free(made);
	env_place_clear(&place);
	return server < 0 ? -1 : 0;
}

int cmd_env_set(const struct options *options)
{
	const char *name = options->args[1];
	struct buf typed = {0};
	struct error err;
	if (secret_check_name(span_of(name), &err) < 0)
		return options_misused(options, &err);
	int rc = env_take_value(&typed, name, &err);
	struct span value = env_value(&typed);
	if (rc == 0)
		rc = secret_check_value(value, &err);
	if (rc == 0)
		rc = env_check_setting(name, value, &err);
	if (rc == 0)
		rc = env_change(options, name, value, &err);
	secrets_wipe(&typed);
	return rc == 0 ? EXIT_OK : options_fail(options, &err);
}

int cmd_env_unset(const struct options *options)
{
	const char *name = options->args[1];
	struct error err;
	if (secret_check_name(span_of(name), &err) < 0)
		return options_misused(options, &err);
	if (env_change(options, name, (struct span){0}, &err) < 0)
		return options_fail(options, &err);
	return EXIT_OK;
}
