/* Three functions of the shell are the tables: the words that may follow, the options, and
 * what the value of an option is. */
#include "cli/completion.h"

#include "cli/option_list.h"
#include "cli/verb.h"

/* A command, or a command and a verb, while its options are printed. */
struct context {
	FILE *out;
	const struct command *command;
	const struct verb *verb;
	enum completion_value value; /* of the options that are meant */
	bool any;                    /* of them there was one */
};

static void bash_context(const struct context *context)
{
	(void)fprintf(context->out, "%s%s%s", context->command->name,
	    context->verb != NULL ? " " : "",
	    context->verb != NULL ? context->verb->name : "");
}

static void bash_option(void *ctx, const struct flag *flag)
{
	struct context *context = ctx;
	(void)fprintf(context->out, "%s--%s%s", context->any ? " " : "", flag->name,
	    flag->optional ? "=" : "");
	context->any = true;
}

static void bash_options(struct context *context)
{
	(void)fputs("\t\"", context->out);
	bash_context(context);
	(void)fputs("\") echo \"", context->out);
	context->any = false;
	option_list(context->command, context->verb, bash_option, context);
	(void)fputs("\" ;;\n", context->out);
}

static void bash_valued(void *ctx, const struct flag *flag)
{
	struct context *context = ctx;
	if (completion_value(flag) != context->value)
		return;
	(void)fputs(context->any ? " | \"" : "\t\"", context->out);
	bash_context(context);
	(void)fprintf(context->out, " --%s\"", flag->name);
	context->any = true;
}

static void bash_values(struct context *context)
{
	static const struct {
		enum completion_value value;
		const char *word;
	} values[] = {{VALUE_FILE, "file"}, {VALUE_DIR, "dir"}, {VALUE_ANY, "any"}};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		context->value = values[i].value;
		context->any = false;
		option_list(context->command, context->verb, bash_valued, context);
		if (context->any)
			(void)fprintf(context->out, ") echo %s ;;\n", values[i].word);
	}
}

/* For each command, and for each of its verbs. */
static void bash_each(FILE *out, const struct command *const *commands,
    void (*print)(struct context *context))
{
	for (; *commands != NULL; commands++) {
		struct context context = {.out = out, .command = *commands};
		print(&context);
		for (const struct verb *verb = (*commands)->verbs;
		     verb != NULL && verb->name != NULL; verb++) {
			context.verb = verb;
			print(&context);
		}
	}
}

static void bash_words(FILE *out, const struct command *const *commands)
{
	(void)fputs("\t\"\") echo \"", out);
	for (size_t i = 0; commands[i] != NULL; i++)
		(void)fprintf(out, "%s%s", i == 0 ? "" : " ", commands[i]->name);
	(void)fputs("\" ;;\n", out);
	for (; *commands != NULL; commands++) {
		const char *word = completion_word(*commands, 0);
		if (word == NULL)
			continue;
		(void)fprintf(out, "\t\"%s\") echo \"%s", (*commands)->name, word);
		for (size_t i = 1; (word = completion_word(*commands, i)) != NULL; i++)
			(void)fprintf(out, " %s", word);
		(void)fputs("\" ;;\n", out);
	}
}

static const char begin[] =
    "# Completion of %s for bash, as `%s help --completion bash` prints it.\n";

static const char body[] =
    "_offhook_complete()\n"
    "{\n"
    "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "\tlocal context=${COMP_WORDS[1]} words=\n"
    "\tCOMPREPLY=()\n"
    "\tif ((COMP_CWORD == 1)); then\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$(_offhook_words '')\" -- \"$word\")\n"
    "\t\treturn\n"
    "\tfi\n"
    "\t# --option=value are three words.\n"
    "\tif [[ $word == = ]]; then\n"
    "\t\tword=\n"
    "\telif [[ $before == = ]]; then\n"
    "\t\tbefore=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "\tfi\n"
    "\tif ((COMP_CWORD > 2)) && [[ -n $(_offhook_options \"$context "
    "${COMP_WORDS[2]}\") ]]; then\n"
    "\t\tcontext=\"$context ${COMP_WORDS[2]}\"\n"
    "\tfi\n"
    "\tcase $(_offhook_value \"$context $before\") in\n"
    "\tany) return ;;\n"
    "\tfile)\n"
    "\t\tcompopt -o filenames 2>/dev/null\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
    "\t\treturn\n"
    "\t\t;;\n"
    "\tdir)\n"
    "\t\tcompopt -o filenames 2>/dev/null\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$word\")\n"
    "\t\treturn\n"
    "\t\t;;\n"
    "\tesac\n"
    "\tif [[ $word == -* ]]; then\n"
    "\t\twords=$(_offhook_options \"$context\")\n"
    "\telif ((COMP_CWORD == 2)); then\n"
    "\t\twords=$(_offhook_words \"$context\")\n"
    "\tfi\n"
    "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
    "\tif [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then\n"
    "\t\tcompopt -o nospace 2>/dev/null\n"
    "\tfi\n"
    "}\n";

void completion_bash(
    FILE *out, const char *program, const struct command *const *commands)
{
	(void)fprintf(out, begin, program, program);
	(void)fputs("_offhook_words()\n{\n\tcase $1 in\n", out);
	bash_words(out, commands);
	(void)fputs("\tesac\n}\n_offhook_options()\n{\n\tcase $1 in\n", out);
	bash_each(out, commands, bash_options);
	(void)fputs("\tesac\n}\n_offhook_value()\n{\n\tcase $1 in\n", out);
	bash_each(out, commands, bash_values);
	(void)fputs("\tesac\n}\n", out);
	(void)fputs(body, out);
	(void)fprintf(out, "complete -F _offhook_complete %s\n", program);
}
