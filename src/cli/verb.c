#include "cli/verb.h"

#include <string.h>

#include "util/buf.h"
#include "util/suggest.h"
#include "util/text.h"

bool verb_takes(
    const struct command *command, const struct verb *verb, const struct flag *flag)
{
	return (flag->verbs >> (verb - command->verbs) & 1) != 0;
}

const struct verb *verb_find(
    const struct command *command, const char *word, struct error *err)
{
	int64_t id;
	struct suggestion suggestion = {.word = span_of(word)};
	struct buf all = {0};
	for (const struct verb *verb = command->verbs;
	     verb != NULL && verb->name != NULL; verb++) {
		if (strcmp(verb->name, word) == 0) {
			buf_free(&all);
			return verb;
		}
		suggest_offer(&suggestion, verb->name);
		buf_printf(&all, "%s%s", all.len == 0 ? "" : ", ", verb->name);
	}
	if (command->verbs == NULL)
		(void)error_set(err, "`%s` has no verbs", command->name);
	else if (text_int(suggestion.word, 0, INT64_MAX, &id))
		(void)error_set(err, "did you mean `%s show %s`?", command->name, word);
	else if (suggestion.best != NULL)
		(void)error_set(err, "there is no `%s %s`; did you mean `%s %s`?",
		    command->name, word, command->name, suggestion.best);
	else
		(void)error_set(err, "there is no `%s %s`, but: %s", command->name,
		    word, buf_text(&all));
	buf_free(&all);
	return NULL;
}

/* Whether the verb takes the options and the number of arguments that were given. */
static int verb_check(
    const struct verb *verb, const struct options *options, struct error *err)
{
	const struct command *command = options->command;
	size_t args = options->arg_count > 0 ? options->arg_count - 1 : 0;
	for (size_t i = 0; i < options->given_count; i++) {
		const struct flag *flag = options->given[i].flag;
		if (!verb_takes(command, verb, flag))
			return error_set(err, "`%s %s` takes no --%s", command->name,
			    verb->name, flag->name);
	}
	if (args < verb->min_args || args > verb->max_args)
		return error_set(err, "usage: %s %s%s%s", command->name, verb->name,
		    verb->usage == NULL ? "" : " ",
		    verb->usage == NULL ? "" : verb->usage);
	return 0;
}

int verb_run(const struct options *options)
{
	struct error err;
	const struct verb *verb = options->command->verbs;
	if (options->arg_count > 0)
		verb = verb_find(options->command, options->args[0], &err);
	if (verb == NULL || verb_check(verb, options, &err) != 0)
		return options_misused(options, &err);
	return verb->run(options);
}
