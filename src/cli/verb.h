/* verb -- the word after a command's name, for commands that do several things
 * (`offhook jobs retry`). */
#ifndef OFFHOOK_CLI_VERB_H
#define OFFHOOK_CLI_VERB_H

#include "cli/options.h"

struct verb {
	const char *name;
	/* args[0] is the verb, where it was given. Returns an exit code. */
	int (*run)(const struct options *options);
	size_t min_args, max_args; /* after the verb */
	const char *flags;         /* names of the options it takes, between blanks */
	const char *usage;         /* what follows the verb */
};

/* Runs the verb that args[0] names, the first one when nothing is given. Table is ended
 * by one without a name. An option or argument that it does not take, and a word that is
 * no verb, are misuse. */
int verb_run(const struct verb *verbs, const struct options *options);

#endif
