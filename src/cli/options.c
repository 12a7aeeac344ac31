#include "cli/options.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/dotenv.h"
#include "config/setting.h"
#include "util/log.h"
#include "util/suggest.h"
#include "util/text.h"
#include "view/term.h"

const struct flag options_help = {"help", .help = "show this help", .letter = 'h'};
const struct flag options_json = {
    "json", .help = "print JSON: one object, or one a line"};
const struct flag options_config_file = {
    "config", "FILE", .help = "read settings from FILE, not ./offhook.conf"};

/* What an option's name means: a flag or a setting. */
struct found {
	const struct flag *flag;
	const struct setting *setting;
};

bool options_take_setting(const struct command *command, const struct setting *setting)
{
	if (setting->secret)
		return false;
	if (command->settings == SETTINGS_ALL)
		return true;
	if (strcmp(setting->name, "data") == 0)
		return command->settings >= SETTINGS_DATA;
	return command->settings == SETTINGS_KEY &&
	       strcmp(setting->name, "key-file") == 0;
}

static bool flag_is(const struct flag *flag, struct span name, bool letter)
{
	if (letter)
		return flag->letter != 0 && name.len == 1 &&
		       name.ptr[0] == flag->letter;
	return span_is(name, flag->name);
}

/* A flag of the command's own table, or NULL. */
static const struct flag *own_flag(
    const struct command *command, struct span name, bool letter)
{
	for (const struct flag *flag = command->flags;
	     flag != NULL && flag->name != NULL; flag++) {
		if (flag_is(flag, name, letter))
			return flag;
	}
	return NULL;
}

static bool find_option(
    struct found *out, const struct command *command, struct span name, bool letter)
{
	*out = (struct found){.flag = own_flag(command, name, letter)};
	if (flag_is(&options_help, name, letter))
		out->flag = &options_help;
	else if (command->json && flag_is(&options_json, name, letter))
		out->flag = &options_json;
	else if (command->settings != SETTINGS_NONE &&
		 flag_is(&options_config_file, name, letter))
		out->flag = &options_config_file;
	const struct setting *setting = letter ? NULL : setting_find(name);
	if (out->flag == NULL && setting != NULL &&
	    options_take_setting(command, setting))
		out->setting = setting;
	return out->flag != NULL || out->setting != NULL;
}

const char *options_program(void)
{
	return program_invocation_short_name;
}

static int unknown_option(
    const struct command *command, struct span name, struct error *err)
{
	const struct setting *setting = setting_find(name);
	if (setting != NULL && setting->secret)
		return error_set(err,
		    "--%s would show in the list of processes; set the variable %s",
		    setting->name, setting->variable);
	if (command->discreet)
		return error_set(err, "there is no such option");
	struct suggestion suggestion = {.word = name};
	for (const struct flag *flag = command->flags;
	     flag != NULL && flag->name != NULL; flag++)
		suggest_offer(&suggestion, flag->name);
	for (size_t i = 0; i < setting_count; i++) {
		if (options_take_setting(command, &setting_table[i]))
			suggest_offer(&suggestion, setting_table[i].name);
	}
	if (command->json)
		suggest_offer(&suggestion, options_json.name);
	suggest_offer(&suggestion, options_help.name);
	if (suggestion.best != NULL)
		return error_set(err, "there is no option --%.*s; did you mean --%s?",
		    SPAN_ARG(name), suggestion.best);
	return error_set(err, "there is no option --%.*s", SPAN_ARG(name));
}

/* Of two values it would be unclear which was meant; the same one again is harmless. */
static int check_twice(const struct options *options, const struct flag *flag,
    const char *value, struct error *err)
{
	for (size_t i = 0; i < options->given_count && !flag->repeats; i++)
		if (options->given[i].flag == flag &&
		    strcmp(options->given[i].value, value) != 0)
			return error_set(err,
			    "--%s is given twice, with \"%s\" and \"%s\"", flag->name,
			    options->given[i].value, value);
	return 0;
}

static int keep_option(struct options *options, const struct found *found,
    const char *value, struct error *err)
{
	if (found->setting != NULL) {
		options->settings[options->input.flag_count++] =
		    (struct config_flag){found->setting->name, value};
	} else if (found->flag == &options_help) {
		options->help = true;
	} else if (found->flag == &options_json) {
		options->json = true;
	} else if (found->flag == &options_config_file) {
		options->input.file = value;
	} else {
		if (check_twice(options, found->flag, value, err) != 0)
			return -1;
		options->given[options->given_count++] =
		    (struct options_given){found->flag, value};
	}
	return 0;
}

/* `--sid --json` has forgotten the SID. */
static int check_value(const struct command *command, const char *arg,
    const char *value, struct error *err)
{
	struct found found;
	if (value == NULL)
		return error_set(err, "%s needs a value", arg);
	struct span text = span_of(value);
	if (span_starts(text, SPAN("--")) &&
	    find_option(&found, command,
		span_from(span_head(text, span_find(text, '=')), 2), false))
		return error_set(err,
		    "%s needs a value, but %s follows; if that is the value, write "
		    "%s=%s",
		    arg, value, arg, value);
	return 0;
}

/* Whether the option must have a value. */
static bool takes_value(const struct found *found)
{
	return found->setting != NULL ||
	       (found->flag->argument != NULL && !found->flag->optional);
}

/* Takes the word after the option as its value. */
static int next_value(const struct options *options, const char *arg, char ***next,
    const char **value, struct error *err)
{
	*value = **next;
	if (check_value(options->command, arg, *value, err) != 0)
		return -1;
	(*next)++;
	return 0;
}

/* "-n 3", "-n3", "-fn3": letters without a value, then perhaps one with its value. */
static int parse_letters(
    struct options *options, const char *arg, char ***next, struct error *err)
{
	struct found found;
	struct span all = span_of(arg + 1);
	if (all.len > 1 && find_option(&found, options->command, all, false) &&
	    !options->command->discreet)
		return error_set(
		    err, "there is no option %s; did you mean -%s?", arg, arg);
	for (; all.len > 0; all = span_from(all, 1)) {
		const char *value = "";
		if (!find_option(&found, options->command, span_head(all, 1), true))
			return options->command->discreet
				   ? error_set(err, "there is no such option")
				   : error_set(err, "there is no option %s", arg);
		bool takes = takes_value(&found);
		if (takes && all.len > 1)
			value = all.ptr + 1;
		else if (takes && next_value(options, arg, next, &value, err) != 0)
			return -1;
		if (keep_option(options, &found, value, err) != 0)
			return -1;
		if (takes)
			break;
	}
	return 0;
}

/* Parses one option. *next is the word after it; moves *next on when that word is the
 * option's value. */
static int parse_option(
    struct options *options, const char *arg, char ***next, struct error *err)
{
	struct found found;
	if (arg[1] != '-')
		return parse_letters(options, arg, next, err);
	struct span text = span_of(arg + 2);
	size_t equals = span_find(text, '=');
	struct span name = span_head(text, equals);
	const char *value = equals < text.len ? text.ptr + equals + 1 : NULL;
	if (!find_option(&found, options->command, name, false))
		return unknown_option(options->command, name, err);
	if (value != NULL && found.setting == NULL && found.flag->argument == NULL)
		return error_set(err, "--%.*s takes no value", SPAN_ARG(name));
	if (value == NULL && takes_value(&found) &&
	    next_value(options, arg, next, &value, err) != 0)
		return -1;
	return keep_option(options, &found, value != NULL ? value : "", err);
}

static int check_args(const struct options *options, struct error *err)
{
	const struct command *command = options->command;
	if (options->help)
		return 0;
	if (options->arg_count < command->min_args)
		return error_set(err, "%s; usage: %s %s %s",
		    options->arg_count == 0 ? "something is missing"
					    : "too few arguments",
		    options_program(), command->name, command->usage);
	if (options->arg_count > command->max_args)
		return error_set(err, "too many arguments, from \"%s\" on",
		    options->args[command->max_args]);
	return 0;
}

int options_parse(struct options *out, const struct command *command, int argc,
    char **argv, struct error *err)
{
	size_t most = (size_t)argc + 1;
	for (int i = 0; i < argc; i++)
		most += strlen(argv[i]); /* each letter of "-fh" may be an option */
	*out = (struct options){.command = command, .arena = arena_new()};
	out->input.environment = environ;
	out->input.sealed = command->sealed;
	/* What is asked of a server also works beside `dev`, which reads .env. */
	if (command->settings != SETTINGS_NONE && command->settings != SETTINGS_ALL)
		out->input.dotenv = dotenv_more(environ, ".", out->arena);
	out->settings = arena_zalloc(out->arena, most * sizeof(out->settings[0]));
	out->input.flags = out->settings;
	out->given = arena_zalloc(out->arena, most * sizeof(out->given[0]));
	out->args = arena_zalloc(out->arena, most * sizeof(out->args[0]));
	struct error later; /* mistakes after the first one */
	bool ended = false, wrong = false;
	char **next = argv;
	while (*next != NULL) {
		const char *arg = *next++;
		if (ended || arg[0] != '-' || arg[1] == '\0') {
			out->args[out->arg_count++] = arg;
		} else if (strcmp(arg, "--") == 0) {
			ended = true;
		} else if (parse_option(out, arg, &next, wrong ? &later : err) != 0) {
			wrong = true; /* how to tell of it may stand after it */
		}
	}
	return wrong ? -1 : check_args(out, err);
}

void options_clear(struct options *options)
{
	arena_free(options->arena);
	*options = (struct options){0};
}

const char *options_value(const struct options *options, const char *name)
{
	assert(own_flag(options->command, span_of(name), false) != NULL);
	for (size_t i = options->given_count; i > 0; i--) {
		if (strcmp(options->given[i - 1].flag->name, name) == 0)
			return options->given[i - 1].value;
	}
	return NULL;
}

bool options_has(const struct options *options, const char *name)
{
	return options_value(options, name) != NULL;
}

int options_int(const struct options *options, const char *name, int64_t min,
    int64_t max, int64_t *out, struct error *err)
{
	const char *value = options_value(options, name);
	if (value == NULL || text_int(span_of(value), min, max, out))
		return 0;
	if (max == INT64_MAX)
		return error_set(err, "--%s: \"%s\" is not a whole number from %lld on",
		    name, value, (long long)min);
	return error_set(err, "--%s: \"%s\" is not a whole number from %lld to %lld",
	    name, value, (long long)min, (long long)max);
}

int options_since(const struct options *options, const char *name, int64_t now_ms,
    int64_t *out, struct error *err)
{
	int64_t age_ms;
	const char *value = options_value(options, name);
	if (value == NULL)
		return 0;
	if (!text_duration(span_of(value), &age_ms) || age_ms >= now_ms)
		return error_set(err,
		    "--%s: \"%s\" is no age; write 90s, 15m, 2h or 7d", name, value);
	*out = now_ms - age_ms;
	return 0;
}

int options_window(const struct options *options, int64_t now_ms, int64_t *after_ms,
    int64_t *before_ms, struct error *err)
{
	if (options_since(options, "older", now_ms, before_ms, err) != 0 ||
	    options_since(options, "newer", now_ms, after_ms, err) != 0)
		return -1;
	if (*after_ms != 0 && *before_ms != 0 && *before_ms <= *after_ms)
		return error_set(err, "nothing is older than %s and newer than %s",
		    options_value(options, "older"), options_value(options, "newer"));
	return 0;
}

int options_config(struct config *out, const struct options *options, struct error *err)
{
	return config_load(out, &options->input, err);
}

void options_read_config(struct config *out, const struct options *options)
{
	config_read(out, &options->input);
}

int options_fail(const struct options *options, const struct error *err)
{
	(void)fflush(stdout);
	if (options->command->serves)
		log_setup(config_log_format(&options->input), LOG_INFO);
	if (log_is_json())
		log_write(
		    LOG_ERROR, err->text, "command", options->command->name, NULL);
	else
		term_say(stderr, "%s %s: %s", options_program(), options->command->name,
		    err->text);
	return EXIT_FAILED;
}

int options_misused(const struct options *options, const struct error *err)
{
	(void)options_fail(options, err);
	return options_explain_misuse(options);
}

void options_fail_config(const struct options *options, const struct config *config)
{
	struct error err;
	for (size_t i = 0; i < config->error_count; i++) {
		(void)error_set(&err, "%s", config->errors[i]);
		(void)options_fail(options, &err);
	}
}

int options_explain_misuse(const struct options *options)
{
	if (!log_is_json())
		(void)fprintf(stderr, "Try `%s %s --help`.\n", options_program(),
		    options->command->name);
	return EXIT_USAGE;
}
