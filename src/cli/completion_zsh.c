#include "cli/completion.h"

#include "cli/option_list.h"
#include "cli/verb.h"

static void zsh_value(FILE *out, const struct flag *flag)
{
	static const char *const actions[] = {[VALUE_NONE] = "",
	    [VALUE_ANY] = "",
	    [VALUE_FILE] = "_files",
	    [VALUE_DIR] = "_files -/"};
	(void)fputs("':", out);
	for (const char *c = flag->argument; *c != '\0'; c++)
		(void)fprintf(out, *c == ':' ? "\\%c" : "%c", *c);
	(void)fprintf(out, ":%s'", actions[completion_value(flag)]);
}

/* One spec of _arguments: '*--name=[help]:WHAT:action'. */
static void zsh_spec(FILE *out, const struct flag *flag, const char *dashes)
{
	(void)fputs(" \\\n\t\t", out);
	if (flag->repeats)
		(void)fputs("\\*", out);
	else if (flag->letter != 0)
		(void)fprintf(out, "'(-%c --%s)'", flag->letter, flag->name);
	if (dashes[1] == '-')
		(void)fprintf(out, "--%s", flag->name);
	else
		(void)fprintf(out, "-%c", flag->letter);
	if (flag->argument != NULL)
		(void)fputs(dashes[1] != '-' ? "+" : flag->optional ? "=-" : "=", out);
	(void)fputs("'['", out);
	completion_quoted(out, flag->help, "[]\\:");
	(void)fputs("']'", out);
	if (flag->argument != NULL) {
		(void)fputs(flag->optional ? ":" : "", out);
		zsh_value(out, flag);
	}
}

static void zsh_option(void *ctx, const struct flag *flag)
{
	FILE *out = ctx;
	zsh_spec(out, flag, "--");
	if (flag->letter != 0)
		zsh_spec(out, flag, "-");
}

/* With the words that may follow the command, unless one of its verbs stands there. */
static void zsh_case(FILE *out, const struct command *command, const struct verb *verb)
{
	const char *word;
	(void)fprintf(out, "\t'%s %s'%s)\n\t\t_arguments -S", command->name,
	    verb != NULL ? verb->name : "", verb != NULL ? "" : "*");
	if (verb != NULL) {
		(void)fputs(" \\\n\t\t'1: :' '*: :'", out);
	} else if (completion_word(command, 0) != NULL) {
		(void)fputs(" \\\n\t\t'1:what:(", out);
		for (size_t i = 0; (word = completion_word(command, i)) != NULL; i++)
			(void)fprintf(out, "%s%s", i == 0 ? "" : " ", word);
		(void)fputs(")' '*: :'", out);
	} else {
		(void)fputs(" \\\n\t\t'*: :'", out);
	}
	option_list(command, verb, zsh_option, out);
	(void)fputs("\n\t\t;;\n", out);
}

void completion_zsh(
    FILE *out, const char *program, const struct command *const *commands)
{
	(void)fprintf(out,
	    "#compdef %s\n"
	    "# Completion of %s for zsh, as `%s help --completion zsh` prints it.\n"
	    "local -a known\n"
	    "local verb=\n"
	    "known=(",
	    program, program, program);
	for (size_t i = 0; commands[i] != NULL; i++) {
		(void)fprintf(out, "\n\t%s:", commands[i]->name);
		completion_quoted(out, commands[i]->summary, "");
	}
	(void)fputs("\n)\n"
		    "if ((CURRENT == 2)); then\n"
		    "\t_describe command known\n"
		    "\treturn\n"
		    "fi\n"
		    "((CURRENT > 3)) && verb=$words[3]\n"
		    "shift words\n"
		    "((CURRENT--))\n"
		    "case \"$words[1] $verb\" in\n",
	    out);
	for (; *commands != NULL; commands++) {
		for (const struct verb *verb = (*commands)->verbs;
		     verb != NULL && verb->name != NULL; verb++)
			zsh_case(out, *commands, verb);
		zsh_case(out, *commands, NULL);
	}
	(void)fputs("esac\n", out);
}
