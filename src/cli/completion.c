#include "cli/completion.h"

#include <string.h>

#include "cli/options.h"
#include "cli/verb.h"

static const struct {
	const char *shell;
	void (*print)(
	    FILE *out, const char *program, const struct command *const *commands);
} shells[] = {
    {"bash", completion_bash},
    {"zsh", completion_zsh},
    {"fish", completion_fish},
};

enum completion_value completion_value(const struct flag *flag)
{
	if (flag->argument == NULL || flag->optional)
		return VALUE_NONE;
	if (strcmp(flag->argument, "FILE") == 0)
		return VALUE_FILE;
	return strcmp(flag->argument, "DIR") == 0 ? VALUE_DIR : VALUE_ANY;
}

const char *completion_word(const struct command *command, size_t index)
{
	if (command->verbs != NULL)
		return command->verbs[index].name;
	return command->word != NULL ? command->word(index) : NULL;
}

void completion_quoted(FILE *out, const char *text, const char *escaped)
{
	(void)fputc('\'', out);
	for (const char *c = text; *c != '\0'; c++) {
		if (strchr(escaped, *c) != NULL)
			(void)fputc('\\', out);
		if (*c == '\'' && strchr(escaped, '\'') == NULL)
			(void)fputs("'\\'", out); /* ends, and begins anew */
		(void)fputc(*c, out);
	}
	(void)fputc('\'', out);
}

int completion_print(FILE *out, const char *shell,
    const struct command *const *commands, struct error *err)
{
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(shells[i].shell, shell) == 0) {
			shells[i].print(out, options_program(), commands);
			return 0;
		}
	return error_set(err, "completion is for bash, zsh and fish");
}
