#include "cli/completion.h"

#include "cli/option_list.h"
#include "cli/verb.h"

/* In single quotes of fish a backslash escapes. */
#define ESCAPED "\\'"

/* The options of a command, or of one of its verbs. */
struct context {
	FILE *out;
	const char *program;
	const struct command *command;
	const struct verb *verb; /* NULL: none was written */
};

static void fish_line(const struct context *context)
{
	const char *word;
	(void)fprintf(context->out, "complete -c %s -n '__fish_seen_subcommand_from %s",
	    context->program, context->command->name);
	if (context->verb != NULL)
		(void)fprintf(context->out, "; and __fish_seen_subcommand_from %s",
		    context->verb->name);
	else if (context->command->verbs != NULL)
		(void)fputs("; and not __fish_seen_subcommand_from", context->out);
	for (size_t i = 0; context->verb == NULL && context->command->verbs != NULL &&
			   (word = completion_word(context->command, i)) != NULL;
	     i++)
		(void)fprintf(context->out, " %s", word);
	(void)fputc('\'', context->out);
}

static void fish_option(void *ctx, const struct flag *flag)
{
	const struct context *context = ctx;
	FILE *out = context->out;
	fish_line(context);
	(void)fprintf(out, " -l %s", flag->name);
	if (flag->letter != 0)
		(void)fprintf(out, " -s %c", flag->letter);
	switch (completion_value(flag)) {
	case VALUE_NONE:
		(void)fputs(" -f", out);
		break;
	case VALUE_ANY:
		(void)fputs(" -x", out);
		break;
	case VALUE_FILE:
		(void)fputs(" -r -F", out);
		break;
	case VALUE_DIR:
		(void)fputs(" -x -a '(__fish_complete_directories)'", out);
		break;
	}
	(void)fputs(" -d ", out);
	completion_quoted(out, flag->help, ESCAPED);
	(void)fputc('\n', out);
}

static void fish_words(const struct context *context)
{
	const struct command *command = context->command;
	const char *word = completion_word(command, 0);
	if (word == NULL)
		return;
	(void)fprintf(context->out,
	    "complete -c %s -n '__fish_seen_subcommand_from %s; and not "
	    "__fish_seen_subcommand_from",
	    context->program, command->name);
	for (size_t i = 0; (word = completion_word(command, i)) != NULL; i++)
		(void)fprintf(context->out, " %s", word);
	(void)fputs("' -f -a '", context->out);
	for (size_t i = 0; (word = completion_word(command, i)) != NULL; i++)
		(void)fprintf(context->out, "%s%s", i == 0 ? "" : " ", word);
	(void)fputs("'\n", context->out);
}

static void fish_command(struct context *context)
{
	const struct command *command = context->command;
	(void)fprintf(context->out,
	    "complete -c %s -n __fish_use_subcommand -f -a %s -d ", context->program,
	    command->name);
	completion_quoted(context->out, command->summary, ESCAPED);
	(void)fputc('\n', context->out);
	fish_words(context);
	/* Without a verb the first one is meant. */
	option_list(command, command->verbs, fish_option, context);
	for (const struct verb *verb = command->verbs;
	     verb != NULL && verb->name != NULL; verb++) {
		context->verb = verb;
		option_list(command, verb, fish_option, context);
	}
	context->verb = NULL;
}

void completion_fish(
    FILE *out, const char *program, const struct command *const *commands)
{
	(void)fprintf(out,
	    "# Completion of %s for fish, as `%s help --completion fish` prints it.\n"
	    "complete -c %s -f\n",
	    program, program, program);
	for (; *commands != NULL; commands++)
		fish_command(&(struct context){
		    .out = out, .program = program, .command = *commands});
}
