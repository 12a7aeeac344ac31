#include "cli/help.h"

#include <string.h>

#include "cli/option_list.h"
#include "cli/options.h"
#include "cli/verb.h"
#include "util/span.h"
#include "util/utf8.h"

enum { HELP_COLUMN = 28 };

static void print_option(void *ctx, const struct flag *flag)
{
	FILE *out = ctx;
	char left[80];
	char letter[8] = "";
	if (flag->letter != 0)
		(void)snprintf(letter, sizeof(letter), "-%c, ", flag->letter);
	const char *argument = flag->argument != NULL ? flag->argument : "";
	(void)snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, flag->name,
	    flag->optional      ? "[="
	    : *argument != '\0' ? " "
				: "",
	    argument, flag->optional ? "]" : "");
	size_t width = utf8_count(span_of(left));
	if (width > HELP_COLUMN - 2)
		(void)fprintf(
		    out, "  %s\n  %*s%s\n", left, HELP_COLUMN, "", flag->help);
	else
		(void)fprintf(out, "  %s%*s%s\n", left, (int)(HELP_COLUMN - width), "",
		    flag->help);
}

/* Prints a text about `offhook` with the name of this program in its place. */
static void print_named(FILE *out, const char *text)
{
	static const char own[] = "offhook ";
	const char *at;
	while ((at = strstr(text, own)) != NULL) {
		(void)fprintf(
		    out, "%.*s%s ", (int)(at - text), text, options_program());
		text = at + strlen(own);
	}
	(void)fputs(text, out);
}

void help_command(FILE *out, const struct command *command, const struct verb *verb)
{
	const char *usage = verb != NULL ? verb->usage : command->usage;
	(void)fprintf(out, "%s %s: %s\n\nUsage: %s %s", options_program(),
	    command->name, command->summary, options_program(), command->name);
	if (verb != NULL)
		(void)fprintf(out, " %s", verb->name);
	if (usage != NULL && *usage != '\0')
		(void)fprintf(out, " %s", usage);
	(void)fputc('\n', out);
	if (command->about != NULL) {
		(void)fputc('\n', out);
		print_named(out, command->about);
	}
	(void)fprintf(out, "\nOptions:\n");
	option_list(command, verb, print_option, out);
	if (command->examples != NULL) {
		(void)fprintf(out, "\nExamples:\n");
		print_named(out, command->examples);
	}
}

void help_program(FILE *out, const struct command *const *commands)
{
	print_named(out, "offhook answers Twilio's webhooks.\n\n"
			 "Usage: offhook COMMAND [options]\n\nCommands:\n");
	for (; *commands != NULL; commands++)
		if (!(*commands)->hidden)
			(void)fprintf(out, "  %-10s%s\n", (*commands)->name,
			    (*commands)->summary);
	print_named(out,
	    "\n`offhook COMMAND --help` says more, with examples.\n"
	    "Settings come from options, OFFHOOK_* variables and ./offhook.conf;\n"
	    "`offhook config` shows them.\n\n"
	    "To begin:\n"
	    "  export TWILIO_AUTH_TOKEN=…       # from the Twilio Console\n"
	    "  offhook serve\n"
	    "  offhook send sms --body Hello    # in another terminal\n");
}

/* --- mdoc --- */

/* Escapes what mdoc would take for markup. */
static void man_text(FILE *out, const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '\\')
			(void)fputs("\\e", out);
		else if (*c == '-')
			(void)fputs("\\-", out);
		else if (*c == '.' && (c == text || c[-1] == '\n'))
			(void)fputs("\\&.", out);
		else if (strncmp(c, "…", strlen("…")) == 0) {
			(void)fputs("...", out);
			c += strlen("…") - 1;
		} else
			(void)fputc(*c, out);
	}
}

static void man_flag(FILE *out, const struct flag *flag)
{
	(void)fprintf(out, ".It ");
	if (flag->letter != 0)
		(void)fprintf(out, "Fl %c , ", flag->letter);
	(void)fprintf(out, "Fl Fl %s", flag->name);
	if (flag->argument != NULL) {
		(void)fputs(flag->optional ? " Ns Op = Ns Ar " : " Ar ", out);
		man_text(out, flag->argument);
	}
	(void)fputc('\n', out);
	man_text(out, flag->help);
	(void)fprintf(out, ".\n");
}

static void man_command(FILE *out, const struct command *command)
{
	(void)fprintf(out, ".Ss %s\n.Dl offhook %s", command->name, command->name);
	if (command->usage[0] != '\0') {
		(void)fputc(' ', out);
		man_text(out, command->usage);
	}
	(void)fprintf(out, "\n.Pp\n");
	man_text(out, command->summary);
	(void)fprintf(out, ".\n");
	if (command->about != NULL) {
		(void)fprintf(out, ".Bd -literal\n");
		man_text(out, command->about);
		(void)fprintf(out, ".Ed\n");
	}
	(void)fprintf(out, ".Bl -tag -width Ds\n");
	for (const struct flag *flag = command->flags;
	     flag != NULL && flag->name != NULL; flag++)
		man_flag(out, flag);
	if (command->settings == SETTINGS_DATA || command->settings == SETTINGS_KEY)
		(void)fprintf(
		    out, ".It Fl Fl data Ar DIR\nthe directory of the store.\n");
	if (command->settings == SETTINGS_KEY)
		(void)fprintf(
		    out, ".It Fl Fl key\\-file Ar FILE\nthe key of the secrets.\n");
	if (command->settings == SETTINGS_ALL)
		(void)fprintf(out, ".It Fl Fl Ns Ar setting Ar VALUE\n"
				   "any setting of\n.Xr offhook.conf 5\n"
				   "that is no secret.\n");
	if (command->settings != SETTINGS_NONE)
		(void)fprintf(
		    out, ".It Fl Fl config Ar FILE\nread settings from\n.Ar FILE .\n");
	if (command->json)
		(void)fprintf(out, ".It Fl Fl json\nprint JSON.\n");
	(void)fprintf(out, ".It Fl h , Fl Fl help\nshow help.\n.El\n");
	if (command->examples != NULL) {
		(void)fprintf(out, ".Pp\nExamples:\n.Bd -literal\n");
		man_text(out, command->examples);
		(void)fprintf(out, ".Ed\n");
	}
}

void help_man(FILE *out, const struct command *const *commands)
{
	for (; *commands != NULL; commands++)
		if (!(*commands)->hidden)
			man_command(out, *commands);
}
