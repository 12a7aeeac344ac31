/* Writes verbs_calls.c (tests/unit/api/verbs_calls.h): each element called with every
 * attribute, and what must be read back. */
#include <string.h>

#include "verbs.h"

static const struct twiml_verb *parent_of(
    const struct verbs *verbs, const struct twiml_verb *verb)
{
	return verbs_find(verbs, verb->parents.items[0]);
}

static void write_place(
    FILE *out, const struct verbs *verbs, const struct twiml_verb *verb)
{
	if (verb->parents.count == 0)
		return;
	write_place(out, verbs, parent_of(verbs, verb));
	(void)fprintf(
	    out, "\tat = oh_%s(at%s);\n", verb->function, verb->text ? ", NULL" : "");
}

/* The value as C says it and as the XML must. */
static void value_of(const struct verb_attribute *attribute, size_t n, char call[256],
    char expected[256])
{
	const char *const *values = attribute->values;
	switch (attribute->type) {
	case VALUE_INTEGER:
		(void)snprintf(call, 256, n % 2 == 0 ? "OH_ZERO" : "%zu", n);
		(void)snprintf(expected, 256, "%zu", n % 2 == 0 ? 0 : n);
		return;
	case VALUE_BOOLEAN:
		(void)snprintf(call, 256, "%s", n % 2 == 0 ? "OH_YES" : "OH_NO");
		(void)snprintf(expected, 256, "%s", n % 2 == 0 ? "true" : "false");
		return;
	case VALUE_TEXT:
		break;
	}
	if (attribute->list && attribute->value_count > 1)
		(void)snprintf(expected, 256, "%s %s", values[0], values[1]);
	else if (attribute->value_count > 0)
		(void)snprintf(expected, 256, "%s", values[attribute->value_count - 1]);
	else if (attribute->url)
		(void)snprintf(expected, 256, "/%s?a=1&b=%zu", attribute->name, n);
	else
		(void)snprintf(expected, 256, "<%s> & 'it' %zu%%", attribute->name, n);
	(void)snprintf(call, 256, "\"%s\"", expected);
}

static void write_call(
    FILE *out, const struct verbs *verbs, const struct twiml_verb *verb)
{
	char call[256];
	char expected[256];
	(void)fprintf(out, "static void call_%s(oh_twiml *at)\n{\n", verb->function);
	write_place(out, verbs, parent_of(verbs, verb));
	(void)fprintf(out, "\toh_%s(at", verb->function);
	if (verb->text)
		(void)fprintf(out, ", \"%s & <text>\"", verb->name);
	for (size_t i = 0; i < verb->attribute_count; i++) {
		value_of(&verb->attributes[i], i, call, expected);
		(void)fprintf(
		    out, ",\n\t    .%s = %s", verb->attributes[i].member, call);
	}
	(void)fputs(");\n}\n\n", out);
	(void)fprintf(
	    out, "static const struct verb_value values_%s[] = {\n", verb->function);
	for (size_t i = 0; i < verb->attribute_count; i++) {
		value_of(&verb->attributes[i], i, call, expected);
		(void)fprintf(
		    out, "\t{\"%s\", \"%s\"},\n", verb->attributes[i].name, expected);
	}
	(void)fputs("\t{NULL, NULL},\n};\n\n", out);
}

void verbs_write_calls(FILE *out, const struct verbs *verbs)
{
	(void)fputs("/* Generated from data/twiml.json by tools/verbs_gen.c. */\n"
		    "#include \"verbs_calls.h\"\n\n",
	    out);
	for (size_t i = 0; i < verbs->count; i++)
		if (verbs->items[i].parents.count > 0)
			write_call(out, verbs, &verbs->items[i]);
	(void)fputs("const struct verb_call verb_calls[] = {\n", out);
	for (size_t i = 0; i < verbs->count; i++) {
		const struct twiml_verb *verb = &verbs->items[i];
		if (verb->parents.count == 0)
			continue;
		(void)fprintf(out, "\t{\"%s\", \"%s\", %s, %s, call_%s, values_%s},\n",
		    verb->function, verb->name, verb->messaging ? "true" : "false",
		    verb->text ? "true" : "false", verb->function, verb->function);
	}
	(void)fputs("\t{0},\n};\n", out);
}
