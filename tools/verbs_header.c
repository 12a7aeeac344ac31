/* Writes what stands for @VERBS@ in offhook_twiml.h.in. */
#include <string.h>

#include "verbs.h"

/* Words into a comment's lines of at most 88 columns. */
struct wrap {
	FILE *out;
	const char *indent; /* of lines after the first */
	size_t column;
};

static void put_word(struct wrap *wrap, const char *word)
{
	size_t len = strlen(word);
	if (wrap->column + 1 + len > 84) {
		(void)fprintf(wrap->out, "\n%s%s", wrap->indent, word);
		wrap->column = 10 + len;
		return;
	}
	(void)fprintf(wrap->out, " %s", word);
	wrap->column += 1 + len;
}

static void put_words(struct wrap *wrap, const char *text)
{
	char word[128];
	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		(void)snprintf(word, sizeof(word), "%.*s", (int)len, text);
		put_word(wrap, word);
		text += len;
		text += strspn(text, " ");
	}
}

static void put_elements(
    struct wrap *wrap, const struct verbs *verbs, const struct names *keys)
{
	char word[80];
	for (size_t i = 0; i < keys->count; i++) {
		(void)snprintf(word, sizeof(word), "<%s>%s",
		    verbs_find(verbs, keys->items[i])->name,
		    i + 1 < keys->count ? "," : ".");
		put_word(wrap, word);
	}
}

/* "oh_say(parent, text, ...): speaks the text. <Say> in <Gather> …" */
static void write_about(
    FILE *out, const struct verbs *verbs, const struct twiml_verb *verb)
{
	char text[160];
	struct wrap wrap = {out, " * ", 2};
	(void)fputs("\n/*", out);
	(void)snprintf(text, sizeof(text), "oh_%s(parent%s%s):", verb->function,
	    verb->text ? ", text" : "", verb->attribute_count > 0 ? ", ..." : "");
	put_words(&wrap, text);
	(void)snprintf(text, sizeof(text), "%s. <%s>%s", verb->about, verb->name,
	    verb->parents.count > 0 ? " in" : ".");
	put_words(&wrap, text);
	if (verb->parents.count > 0)
		put_elements(&wrap, verbs, &verb->parents);
	if (verb->children.count > 0) {
		put_word(&wrap, "Holds");
		put_elements(&wrap, verbs, &verb->children);
	}
	verb_page(text, sizeof(text), verbs, verb);
	put_word(&wrap, text);
	(void)fputs(" */\n", out);
}

/* "one of GET, POST; default: POST" */
static void write_values(struct wrap *wrap, const struct verb_attribute *attribute)
{
	char word[160];
	const bool values = attribute->type == VALUE_TEXT && attribute->value_count > 0;
	const size_t most = attribute->open ? 4 : 16;
	const size_t shown =
	    attribute->value_count < most ? attribute->value_count : most;
	const char *end = attribute->otherwise != NULL ? ";" : "";
	if (attribute->url)
		put_words(wrap, attribute->otherwise != NULL ? "URL;" : "URL");
	if (values)
		put_words(wrap, attribute->list ? "some of" : "one of");
	for (size_t i = 0; values && i < shown; i++) {
		const bool last = i + 1 == attribute->value_count;
		(void)snprintf(
		    word, sizeof(word), "%s%s", attribute->values[i], last ? end : ",");
		put_word(wrap, word);
	}
	if (values && shown < attribute->value_count) {
		(void)snprintf(word, sizeof(word), "%s%s",
		    attribute->open ? "… (open list)" : "…", end);
		put_words(wrap, word);
	}
	if (attribute->otherwise == NULL)
		return;
	(void)snprintf(word, sizeof(word), "default: %s", attribute->otherwise);
	put_words(wrap, word);
}

static bool has_comment(const struct verb_attribute *attribute)
{
	return attribute->url || attribute->otherwise != NULL ||
	       (attribute->type == VALUE_TEXT && attribute->value_count > 0);
}

static void write_member(FILE *out, const struct verb_attribute *attribute)
{
	static const char *const types[] = {"const char *", "int ", "enum oh_flag "};
	const char *type = types[attribute->type];
	struct wrap wrap = {out, "\t * ", 0};
	if (has_comment(attribute)) {
		(void)fputs("\t/*", out);
		wrap.column = 10;
		write_values(&wrap, attribute);
		(void)fputs(" */\n", out);
	}
	(void)fprintf(out, "\t%s%s OH_NOT_SET_;\n", type, attribute->member);
}

static void write_struct(FILE *out, const struct twiml_verb *verb)
{
	(void)fprintf(out,
	    "typedef struct oh_%s_attributes {\n"
	    "	const struct oh_attributes_are_named *oh_end_ OH_NOT_SET_;\n",
	    verb->plain);
	for (size_t i = 0; i < verb->attribute_count; i++)
		write_member(out, &verb->attributes[i]);
	(void)fprintf(out, "} oh_%s_attributes;\n", verb->plain);
}

static void write_macro(FILE *out, const struct twiml_verb *verb)
{
	(void)fprintf(out,
	    "#define oh_%s(...) \\\n"
	    "	OH_%sVERB_(\"%s\", oh_%s_attributes, __VA_ARGS__, .oh_end_ = 0)\n",
	    verb->function, verb->text ? "TEXT_" : "", verb->key, verb->plain);
}

static void write_inline(FILE *out, const struct twiml_verb *verb)
{
	(void)fprintf(out,
	    "inline oh_twiml *oh_%s(\n"
	    "    oh_twiml *parent, %sconst oh_%s_attributes &how = {})\n"
	    "{\n"
	    "	return oh_element_(parent, \"%s\", %s, &how, sizeof(how));\n"
	    "}\n",
	    verb->function, verb->text ? "const char *text, " : "", verb->plain,
	    verb->key, verb->text ? "text" : "nullptr");
}

void verbs_write_header(FILE *out, const struct verbs *verbs)
{
	for (size_t i = 0; i < verbs->count; i++) {
		write_about(out, verbs, &verbs->items[i]);
		write_struct(out, &verbs->items[i]);
	}
	(void)fputs("\n#ifndef __cplusplus\n", out);
	for (size_t i = 0; i < verbs->count; i++)
		write_macro(out, &verbs->items[i]);
	(void)fputs("#else\n", out);
	for (size_t i = 0; i < verbs->count; i++)
		write_inline(out, &verbs->items[i]);
	(void)fputs("#endif\n", out);
}
