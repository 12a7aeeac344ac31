/* cmd_env_set -- `offhook env set` and `unset`. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/env_place.h"
#include "cmd/verbs.h"
#include "util/mem.h"
#include "view/term.h"

/* ---- the value ---- */

static void env_interrupted(int signal)
{
	(void)signal; /* read() ends */
}

/* The value's bytes, and one more when there are too many. Stops at a line's end when it is
 * typed. -1: interrupted, or standard input cannot be read. */
static int env_read_value(struct buf *out, bool typed)
{
	buf_reserve(out, SECRET_VALUE_MAX + 4); /* it never moves */
	while (out->len < SECRET_VALUE_MAX + 3) {
		size_t room = SECRET_VALUE_MAX + 3 - out->len;
		ssize_t n = read(STDIN_FILENO, out->ptr + out->len, room);
		if (n < 0)
			return -1;
		out->len += (size_t)n;
		if (n == 0 || (typed && out->ptr[out->len - 1] == '\n'))
			break;
	}
	return 0;
}

/* Typed without being shown; Ctrl-C leaves the terminal as it was. */
static int env_ask(struct buf *out, const char *name, struct error *err)
{
	struct termios shown, hidden;
	struct sigaction before, ours = {.sa_handler = env_interrupted};
	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return error_set(err, "standard input: %s", strerror(errno));
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	(void)sigaction(SIGINT, &ours, &before);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	(void)fprintf(stderr, "%s (what you type is not shown): ", name);
	int rc = env_read_value(out, true);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	(void)sigaction(SIGINT, &before, NULL);
	(void)fputc('\n', stderr);
	return rc < 0 ? error_set(err, "interrupted; nothing is stored") : 0;
}

static int env_take_value(struct buf *out, const char *name, struct error *err)
{
	if (isatty(STDIN_FILENO) == 1)
		return env_ask(out, name, err);
	if (env_read_value(out, false) < 0)
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

static void env_tell_made(const char *made, const char *dir)
{
	if (made == NULL)
		return;
	term_say(stderr, "made the key: %s", made);
	if (strncmp(made, dir, strlen(dir)) == 0)
		term_say(stderr,
		    "warning: it lies beside what it opens: enough against a glance, not "
		    "against somebody who copies %s. Move it elsewhere, and give "
		    "--key-file, before real secrets are in there.",
		    dir);
}

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
	env_tell_made(made, place.place.dir);
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
