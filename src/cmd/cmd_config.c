/* cmd_config -- every setting, its value and the source of the value. */
#include <jansson.h>
#include <string.h>

#include "cli/options.h"
#include "view/term.h"

static const char *const sources[] = {"default", "file", "environment", "option"};

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
		struct buf text = {0};
		term_clean(&text, span_of(value->text), false);
		(void)printf("%-16s %-24s %s\n", setting_table[i].name,
		    text.len == 0 ? "(not set)" : buf_text(&text), value->where);
		buf_free(&text);
	}
}

static int config_run(const struct options *options)
{
	struct config config;
	struct error err;
	bool check = options->arg_count > 0;
	if (check && strcmp(options->args[0], "check") != 0) {
		(void)error_set(
		    &err, "\"%s\" is not known; `check` is", options->args[0]);
		return options_misused(options, &err);
	}
	if (options_config(&config, options, &err) != 0)
		return options_fail(options, &err);
	for (size_t i = 0; i < config.warning_count; i++)
		(void)fprintf(stderr, "warning: %s\n", config.warnings[i]);
	if (check && options->json)
		(void)printf("{\"ok\":true}\n");
	else if (check)
		(void)printf("ok%s%s\n", config.file != NULL ? ": " : "",
		    config.file != NULL ? config.file : "");
	else if (options->json)
		config_print_json(&config);
	else
		config_print_text(&config);
	config_clear(&config);
	return EXIT_OK;
}

const struct command cmd_config = {
    .name = "config",
    .usage = "[check]",
    .summary = "show every setting and where its value comes from",
    .about =
	"With `check`, only says whether the settings are right.\n"
	"An option beats a variable, that beats the file, that beats the default.\n",
    .examples = "  offhook config\n"
		"  offhook config check --config /etc/offhook.conf\n",
    .settings = SETTINGS_ALL,
    .json = true,
    .max_args = 1,
    .run = config_run,
};
