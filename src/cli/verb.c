#include "cli/verb.h"

#include <string.h>

#include "util/buf.h"
#include "util/suggest.h"
#include "util/text.h"

static int no_verb(
    const struct verb *verbs, const struct options *options, struct error *err)
{
	int64_t id;
	const char *command = options->command->name, *word = options->args[0];
	struct suggestion suggestion = {.word = span_of(word)};
	struct buf all = {0};
	if (text_int(span_of(word), 0, INT64_MAX, &id))
		return error_set(err, "did you mean `%s show %s`?", command, word);
	for (; verbs->name != NULL; verbs++) {
		suggest_offer(&suggestion, verbs->name);
		buf_printf(&all, "%s%s", all.len == 0 ? "" : ", ", verbs->name);
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

static bool takes(const struct verb *verb, const char *flag)
{
	struct span rest = span_of(verb->flags);
	while (rest.len > 0) {
		size_t len = span_find(rest, ' ');
		if (span_is(span_head(rest, len), flag))
			return true;
		rest = span_from(rest, len < rest.len ? len + 1 : len);
	}
	return false;
}

static int check(
    const struct verb *verb, const struct options *options, struct error *err)
{
	const char *command = options->command->name;
	size_t args = options->arg_count > 0 ? options->arg_count - 1 : 0;
	for (size_t i = 0; i < options->given_count; i++) {
		const char *flag = options->given[i].flag->name;
		if (!takes(verb, flag))
			return error_set(
			    err, "`%s %s` takes no --%s", command, verb->name, flag);
	}
	if (args < verb->min_args || args > verb->max_args)
		return error_set(err, "usage: %s %s%s%s", command, verb->name,
		    *verb->usage == '\0' ? "" : " ", verb->usage);
	return 0;
}

int verb_run(const struct verb *verbs, const struct options *options)
{
	struct error err;
	const struct verb *verb = verbs;
	if (options->arg_count > 0)
		while (verb->name != NULL && strcmp(verb->name, options->args[0]) != 0)
			verb++;
	int rc = verb->name == NULL ? no_verb(verbs, options, &err)
				    : check(verb, options, &err);
	return rc == 0 ? verb->run(options) : options_misused(options, &err);
}
