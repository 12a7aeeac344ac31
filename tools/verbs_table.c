/* Writes verbs_table.c (src/api/verbs_table.h): where in which struct each attribute
 * stands. */
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

static int by_key(const void *a, const void *b)
{
	const struct twiml_verb *const *left = a;
	const struct twiml_verb *const *right = b;
	return strcmp((*left)->key, (*right)->key);
}

static void write_members(FILE *out, const struct twiml_verb *verb)
{
	static const char *const types[] = {"VERB_TEXT", "VERB_INT", "VERB_FLAG"};
	if (verb->attribute_count == 0)
		return;
	(void)fprintf(
	    out, "static const struct verb_member %s_members[] = {\n", verb->function);
	for (size_t i = 0; i < verb->attribute_count; i++)
		(void)fprintf(out, "\t{\"%s\", %s, offsetof(oh_%s_attributes, %s)},\n",
		    verb->attributes[i].name, types[verb->attributes[i].type],
		    verb->plain, verb->attributes[i].member);
	(void)fputs("};\n\n", out);
}

void verbs_write_table(FILE *out, const struct verbs *verbs)
{
	const struct twiml_verb *sorted[VERBS_MAX];
	(void)fputs("/* Generated from data/twiml.json by tools/verbs_gen.c. */\n"
		    "#include \"api/verbs_table.h\"\n"
		    "#include \"offhook.h\"\n\n",
	    out);
	for (size_t i = 0; i < verbs->count; i++) {
		write_members(out, &verbs->items[i]);
		sorted[i] = &verbs->items[i];
	}
	qsort(sorted, verbs->count, sizeof(struct twiml_verb *), by_key);
	(void)fputs("const struct twiml_verb verbs[] = {\n", out);
	for (size_t i = 0; i < verbs->count; i++) {
		const struct twiml_verb *verb = sorted[i];
		if (verb->attribute_count == 0)
			(void)fprintf(out, "\t{\"%s\", \"%s\", NULL, 0},\n", verb->key,
			    verb->name);
		else
			(void)fprintf(out, "\t{\"%s\", \"%s\", %s_members, %zu},\n",
			    verb->key, verb->name, verb->function,
			    verb->attribute_count);
	}
	(void)fprintf(out, "};\n\nconst size_t verb_count = %zu;\n", verbs->count);
}
