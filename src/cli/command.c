#include "cli/command.h"

#include <string.h>

#include "util/suggest.h"

const struct command *command_find(
    const struct command *const *commands, const char *name)
{
	for (; *commands != NULL; commands++)
		if (strcmp((*commands)->name, name) == 0)
			return *commands;
	return NULL;
}

const char *command_suggest(const struct command *const *commands, const char *name)
{
	struct suggestion suggestion = {.word = span_of(name)};
	for (; *commands != NULL; commands++)
		suggest_offer(&suggestion, (*commands)->name);
	return suggestion.best;
}
