/* cmd_config -- every setting, its value and the source of the value. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app_check.h"
#include "cli/options.h"
#include "engines/engines.h"
#include "store/store.h"
#include "util/mem.h"
#include "view/term.h"

static const char *const sources[] = {
    "default", "secrets", "file", "environment", "option"};

static void config_print_json(const struct config *config)
{
	for (size_t i = 0; i < setting_count; i++) {
		const struct config_value *value = &config->values[i];
		term_json(stdout,
		    json_pack("{s:s, s:s?, s:s, s:s}", "name", setting_table[i].name,
			"value", value->text[0] == '\0' ? NULL : value->text, "source",
			sources[value->source], "where", value->where));
	}
}

static void config_print_text(const struct config *config)
{
	for (size_t i = 0; i < setting_count; i++) {
		const struct config_value *value = &config->values[i];
		term_say(stdout, "%-16s %-24s %s", setting_table[i].name,
		    value->text[0] == '\0' ? "(not set)" : value->text, value->where);
	}
}

/* A store that is there must be one that this program can read. */
static void config_check_store(struct config *config)
{
	struct error err;
	if (store_check_contents(engines_for(config->data), config->data, &err) != 0)
		config_complain(config, "data: %s", err.text);
}

static void config_add_texts(
    json_t *object, const char *name, const char *const *texts, size_t count)
{
	json_t *array = json_array();
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(array, term_json_text(span_of(texts[i])));
	if (count > 0)
		(void)json_object_set(object, name, array);
	json_decref(array);
}

static void config_print_checked(const struct config *config)
{
	json_t *line = json_pack("{s:b}", "ok", config->error_count == 0);
	config_add_texts(line, "errors", config->errors, config->error_count);
	config_add_texts(line, "warnings", config->warnings, config->warning_count);
	term_json(stdout, line);
}

static int config_check(const struct options *options, struct config *config)
{
	size_t before = config->error_count;
	app_check(config);
	if (config->error_count == before)
		config_check_store(config);
	bool ok = config->error_count == 0;
	if (options->json)
		config_print_checked(config);
	else if (ok)
		term_say(stdout, "ok%s%s", config->file != NULL ? ": " : "",
		    config->file != NULL ? config->file : "");
	options_fail_config(options, config);
	return ok ? EXIT_OK : EXIT_FAILED;
}

static int config_run(const struct options *options)
{
	struct config config;
	struct error err;
	int code = EXIT_OK;
	bool check = options->arg_count > 0;
	if (check && strcmp(options->args[0], "check") != 0) {
		(void)error_set(
		    &err, "\"%s\" is not known; `check` is", options->args[0]);
		return options_misused(options, &err);
	}
	options_read_config(&config, options);
	if (check) {
		code = config_check(options, &config);
	} else if (config.error_count > 0) {
		options_fail_config(options, &config);
		code = EXIT_FAILED;
	} else {
		(options->json ? config_print_json : config_print_text)(&config);
	}
	for (size_t i = 0; i < config.warning_count; i++)
		term_say(stderr, "warning: %s", config.warnings[i]);
	config_clear(&config);
	return code;
}

static const char *config_word(size_t index)
{
	return index == 0 ? "check" : NULL;
}

const struct command cmd_config = {
    .name = "config",
    .usage = "[check]",
    .summary = "show every setting and where its value comes from",
    .about =
	"With `check`, says instead whether `serve` would start: every wrong setting and\n"
	"template, a directory or an address that it could not use. Beside a server that\n"
	"runs on the same data, its directory and its addresses count as fine.\n"
	"An option beats a variable, that beats the file, that beats what `offhook env`\n"
	"has sealed, that beats the default.\n",
    .examples = "  offhook config\n"
		"  offhook config check --config /etc/offhook.conf\n",
    .settings = SETTINGS_ALL,
    .sealed = true,
    .json = true,
    .max_args = 1,
    .word = config_word,
    .run = config_run,
};
