#include "cli/verb.h"

#include <string.h>

#include "util/buf.h"
#include "util/suggest.h"
#include "util/text.h"

static int verb_unknown(const struct options *options, struct error *err)
{
	int64_t id;
	const char *command = options->command->name, *word = options->args[0];
	struct suggestion suggestion = {.word = span_of(word)};
	struct buf all = {0};
	if (text_int(span_of(word), 0, INT64_MAX, &id))
		return error_set(err, "did you mean `%s show %s`?", command, word);
	for (const struct verb *verb = options->command->verbs; verb->name != NULL;
	     verb++) {
		suggest_offer(&suggestion, verb->name);
		buf_printf(&all, "%s%s", all.len == 0 ? "" : ", ", verb->name);
	}
	if (suggestion.best != NULL)
		(void)error_set(err, "there is no `%s %s`; did you mean `%s %s`?",
		    command, word, command, suggestion.best);
	else
		(void)error_set(
		    err, "there is no `%s %s`, but: %s", command, word, buf_text(&all));
	buf_free(&all);
	return -1;
}

/* Whether the verb takes the options and the number of arguments that were given. */
static int verb_check(const struct verb *verb, unsigned bit,
    const struct options *options, struct error *err)
{
	const char *command = options->command->name;
	size_t args = options->arg_count > 0 ? options->arg_count - 1 : 0;
	for (size_t i = 0; i < options->given_count; i++) {
		const struct flag *flag = options->given[i].flag;
		if ((flag->verbs & bit) == 0)
			return error_set(err, "`%s %s` takes no --%s", command,
			    verb->name, flag->name);
	}
	if (args < verb->min_args || args > verb->max_args)
		return error_set(err, "usage: %s %s%s%s", command, verb->name,
		    verb->usage == NULL ? "" : " ",
		    verb->usage == NULL ? "" : verb->usage);
	return 0;
}

int verb_run(const struct options *options)
{
	struct error err;
	const struct verb *verbs = options->command->verbs, *verb = verbs;
	if (options->arg_count > 0)
		while (verb->name != NULL && strcmp(verb->name, options->args[0]) != 0)
			verb++;
	int rc = verb->name == NULL
		     ? verb_unknown(options, &err)
		     : verb_check(verb, 1U << (verb - verbs), options, &err);
	return rc == 0 ? verb->run(options) : options_misused(options, &err);
}
