#include "cli/command.h"

#include <string.h>

#include "util/suggest.h"

const struct command *command_find(
    const struct command *const *commands, const char *name, struct error *err)
{
	struct suggestion suggestion = {.word = span_of(name)};
	for (; *commands != NULL; commands++) {
		if (strcmp((*commands)->name, name) == 0)
			return *commands;
		suggest_offer(&suggestion, (*commands)->name);
	}
	(void)error_set(err, "there is no command \"%s\"", name);
	(void)suggest_explain(&suggestion, "", err);
	return NULL;
}
