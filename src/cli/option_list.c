#include "cli/option_list.h"

#include <stdio.h>

#include "cli/options.h"
#include "cli/verb.h"
#include "config/setting.h"

static void list_settings(const struct command *command,
    void (*visit)(void *ctx, const struct flag *flag), void *ctx)
{
	char help[160];
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];
		if (!options_take_setting(command, setting))
			continue;
		bool initial = setting->initial[0] != '\0';
		(void)snprintf(help, sizeof(help), "%s%s%s%s", setting->help,
		    initial ? " (" : "", setting->initial, initial ? ")" : "");
		visit(ctx, &(struct flag){.name = setting->name,
			       .argument = setting->argument,
			       .help = help});
	}
	if (command->settings != SETTINGS_NONE)
		visit(ctx, &options_config_file);
}

void option_list(const struct command *command, const struct verb *verb,
    void (*visit)(void *ctx, const struct flag *flag), void *ctx)
{
	for (const struct flag *flag = command->flags;
	     flag != NULL && flag->name != NULL; flag++)
		if (verb == NULL || verb_takes(command, verb, flag))
			visit(ctx, flag);
	list_settings(command, visit, ctx);
	if (command->json)
		visit(ctx, &options_json);
	visit(ctx, &options_help);
}
