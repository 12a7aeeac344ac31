/* Writes oh_twiml.3. */
#include <string.h>

#include "verbs.h"

/* Text in which a '-' is a hyphen-minus and nothing is a macro. */
static void put_text(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '-')
			(void)fprintf(out, *text == '-' ? "\\-" : "\\e");
		else
			(void)fputc(*text, out);
	}
}

static void write_elements(
    FILE *out, const struct verbs *verbs, const char *title, const struct names *keys)
{
	if (keys->count == 0)
		return;
	(void)fprintf(out, "%s\n", title);
	for (size_t i = 0; i < keys->count; i++) {
		const struct twiml_verb *verb = verbs_find(verbs, keys->items[i]);
		(void)fprintf(out, ".Fn oh_%s%s\n", verb->function,
		    i + 1 < keys->count ? " ," : " .");
	}
}

static void write_attribute(FILE *out, const struct verb_attribute *attribute)
{
	const size_t shown = attribute->open ? 4 : 48;
	(void)fprintf(
	    out, ".It Fa .%s Pq %s\n", attribute->member, verb_type_name(attribute));
	if (attribute->type == VALUE_TEXT && attribute->value_count > 0) {
		(void)fputs(
		    attribute->list ? "Some, with blanks between, of\n" : "One of\n",
		    out);
		for (size_t i = 0; i < attribute->value_count && i < shown; i++) {
			bool last = i + 1 == attribute->value_count || i + 1 == shown;
			(void)fputs(".Ql ", out);
			put_text(out, attribute->values[i]);
			(void)fputs(last ? " .\n" : " ,\n", out);
		}
		if (attribute->open)
			(void)fputs(
			    "There are more, and unknown ones are passed on with "
			    "a warning.\n",
			    out);
	}
	if (attribute->otherwise != NULL) {
		(void)fputs("Default:\n.Ql ", out);
		put_text(out, attribute->otherwise);
		(void)fputs(" .\n", out);
	}
}

static void write_verb(
    FILE *out, const struct verbs *verbs, const struct twiml_verb *verb)
{
	char page[128];
	(void)fprintf(out, ".Ss oh_%s\n", verb->function);
	(void)fprintf(out, ".Fn oh_%s \"oh_twiml *parent\"%s%s\n.Pp\n", verb->function,
	    verb->text ? " \"const char *text\"" : "",
	    verb->attribute_count > 0 ? " \".attribute = value ...\"" : "");
	(void)fprintf(out, ".Sy <%s> :\n%s.\n", verb->name, verb->about);
	write_elements(out, verbs, "It goes into", &verb->parents);
	write_elements(out, verbs, "It holds", &verb->children);
	verb_page(page, sizeof(page), verbs, verb);
	(void)fprintf(out, "See\n.Lk %s .\n", page);
	if (verb->attribute_count == 0)
		return;
	(void)fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < verb->attribute_count; i++)
		write_attribute(out, &verb->attributes[i]);
	(void)fputs(".El\n", out);
}

void verbs_write_man(FILE *out, const struct verbs *verbs)
{
	(void)fputs(
	    ".\\\" Generated from data/twiml.json by tools/verbs_gen.c.\n"
	    ".Dd November 23, 2026\n.Dt OH_TWIML 3\n.Os\n"
	    ".Sh NAME\n.Nm oh_twiml\n.Nd TwiML as C functions\n"
	    ".Sh LIBRARY\nlibrary \\(lqliboffhook\\(rq\n"
	    ".Sh SYNOPSIS\n.In offhook.h\n"
	    ".Sh DESCRIPTION\n"
	    "Each element of TwiML is a function: it adds the element to the reply, or\n"
	    "to the element around it, and returns it.\n"
	    "After that comes its text, if it may hold any, or\n.Dv NULL ,\n"
	    "then its attributes by name:\n"
	    ".Bd -literal -offset indent\n"
	    "oh_say(reply, \"Hello!\", .voice = \"alice\");\n"
	    "oh_twiml *menu = oh_gather(reply, .numDigits = 1, .action = \"/menu\");\n"
	    "oh_say(menu, \"Press 1\");\n"
	    ".Ed\n.Pp\n"
	    "An attribute that is not named is not sent.\n"
	    "A boolean is\n.Dv OH_YES\nor\n.Dv OH_NO ;\nan integer is a number, or\n"
	    ".Dv OH_ZERO\nfor 0; anything else is a text.\n"
	    "Texts are data: they are escaped, and a\n.Ql %\nin them means a\n.Ql % .\n"
	    "A misspelt attribute or one of another type does not compile; a value\n"
	    "that Twilio does not document, or an element where it does not belong,\n"
	    "fails the event with a message.\n"
	    ".Sh ELEMENTS\n",
	    out);
	for (size_t i = 0; i < verbs->count; i++)
		write_verb(out, verbs, &verbs->items[i]);
	(void)fputs(".Sh SEE ALSO\n.Xr offhook 1 ,\n.Xr oh_replies 3\n", out);
}
