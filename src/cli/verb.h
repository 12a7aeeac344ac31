/* verb -- the word after a command's name, for commands that do several things
 * (`offhook jobs retry`). */
#ifndef OFFHOOK_CLI_VERB_H
#define OFFHOOK_CLI_VERB_H

#include "cli/options.h"

struct verb {
	const char *name;
	/* args[0] is the verb, if it was given. Returns an exit code. */
	int (*run)(const struct options *options);
	size_t min_args, max_args; /* after the verb */
	const char *usage;         /* what follows the verb; NULL: nothing does */
};

/* The command's verb of that name. NULL with err, which says what was probably meant. */
const struct verb *verb_find(
    const struct command *command, const char *word, struct error *err);
/* Whether the verb takes that option of its command. */
bool verb_takes(
    const struct command *command, const struct verb *verb, const struct flag *flag);

/* Runs the verb of the command that args[0] names, or the first one when there are no
 * arguments. A verb's place in the table is its bit in flag->verbs. The table ends with a
 * row without a name. An unknown verb, and an option or argument that the verb does not
 * take, are misuse. Returns an exit code. */
int verb_run(const struct options *options);

#endif
