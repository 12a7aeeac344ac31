/* Reads data/twiml.json into the model of verbs.h. What twiml_gen checks of the file
 * (counts, parents and children that agree, unknown keys) is not checked again. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "verbs.h"

void die(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)fputs("verbs_gen: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
	exit(EXIT_FAILURE);
}

const struct twiml_verb *verbs_find(const struct verbs *verbs, const char *key)
{
	for (size_t i = 0; i < verbs->count; i++)
		if (strcmp(verbs->items[i].key, key) == 0)
			return &verbs->items[i];
	die("%s is named, but not in the file", key);
}

/* Words of C and C++ that TwiML also uses, or might. */
static bool is_keyword(const char *word)
{
	static const char *const keywords[] = {"auto", "bool", "break", "case", "catch",
	    "char", "class", "const", "continue", "default", "delete", "do", "double",
	    "else", "enum", "explicit", "export", "extern", "false", "float", "for",
	    "friend", "goto", "if", "inline", "int", "long", "mutable", "namespace",
	    "new", "not", "operator", "or", "private", "protected", "public",
	    "register", "restrict", "return", "short", "signed", "sizeof", "static",
	    "struct", "switch", "template", "this", "throw", "true", "try", "typedef",
	    "typeid", "typename", "union", "unsigned", "using", "virtual", "void",
	    "volatile", "while", "xor"};
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (strcmp(keywords[i], word) == 0)
			return true;
	return false;
}

/* '-', ':' and '.' become '_', a keyword gets one at its end. */
static void to_identifier(char *out, size_t size, const char *name)
{
	size_t len = strlen(name);
	if (len + 3 > size)
		die("%s: too long a name", name);
	for (size_t i = 0; i < len; i++)
		out[i] = (char)(isalnum((unsigned char)name[i]) ? name[i] : '_');
	out[len] = out[len + 1] = '\0';
	if (is_keyword(out))
		out[len] = '_';
}

/* Whether offhook.h has a function or macro of that name: " oh_NAME(" or "*oh_NAME(" in a
 * line that starts with OH_API or #define. */
static bool is_taken(const char *header, const char *function)
{
	char call[80];
	(void)snprintf(call, sizeof(call), "oh_%s(", function);
	for (const char *at = strstr(header, call); at != NULL;
	     at = strstr(at + 1, call)) {
		const char *line = at;
		while (line > header && line[-1] != '\n')
			line--;
		bool declares = strncmp(line, "OH_API ", 7) == 0 ||
				strncmp(line, "#define ", 8) == 0;
		if (declares && (at[-1] == ' ' || at[-1] == '*'))
			return true;
	}
	return false;
}

/* ConversationRelay is conversation_relay in C, AiSession ai_session, say-as say_as; and
 * Enqueue, whose name offhook.h has taken, is twiml_enqueue. */
static void name_function(struct twiml_verb *verb, const char *header)
{
	char snake[sizeof(verb->function) - sizeof("twiml__")] = "";
	size_t len = 0;
	for (const char *at = verb->key; *at != '\0' && len < sizeof(snake) - 3; at++) {
		bool hump = isupper((unsigned char)*at) && at != verb->key &&
			    islower((unsigned char)at[-1]);
		if (hump)
			snake[len++] = '_';
		snake[len++] = (char)tolower((unsigned char)*at);
	}
	snake[len] = '\0';
	to_identifier(verb->function, sizeof(verb->function), snake);
	memcpy(verb->plain, verb->function, len);
	if (!is_taken(header, verb->function))
		return;
	(void)snprintf(verb->function, sizeof(verb->function), "twiml_%s", snake);
	(void)snprintf(verb->plain, sizeof(verb->plain), "twiml_%s", snake);
}

static void add_name(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], name) == 0)
			return;
	if (name == NULL || names->count == VERB_NAMES_MAX)
		die("too many names, or one that is no string");
	names->items[names->count++] = name;
}

/* A child is the parent's own ("Refer.Sip") when the kind has such an element. */
static const char *child_key(json_t *elements, const char *parent, const char *child)
{
	char own[128];
	json_t *value;
	const char *key;
	(void)snprintf(own, sizeof(own), "%s.%s", parent, child);
	json_object_foreach(elements, key, value)
		if (strcmp(key, own) == 0)
			return key;
	return child;
}

static void read_attribute(
    struct verb_attribute *out, const char *name, const json_t *attribute)
{
	const char *type = json_string_value(json_object_get(attribute, "type"));
	const json_t *values = json_object_get(attribute, "values");
	if (type == NULL)
		die("%s: no type", name);
	out->name = name;
	to_identifier(out->member, sizeof(out->member), name);
	out->url = strcmp(type, "url") == 0;
	out->list = strcmp(type, "enum-list") == 0;
	out->type = VALUE_TEXT;
	if (strcmp(type, "integer") == 0)
		out->type = VALUE_INTEGER;
	if (strcmp(type, "boolean") == 0)
		out->type = VALUE_BOOLEAN;
	out->open = json_is_true(json_object_get(attribute, "open"));
	out->otherwise = json_string_value(json_object_get(attribute, "default"));
	if (json_array_size(values) > VALUES_MAX)
		die("%s: more than %d values", name, VALUES_MAX);
	for (size_t i = 0; i < json_array_size(values); i++)
		out->values[out->value_count++] =
		    json_string_value(json_array_get(values, i));
}

/* Adds the attributes the verb does not have yet. */
static void read_attributes(struct twiml_verb *verb, json_t *attributes)
{
	const char *name;
	json_t *attribute;
	json_object_foreach(attributes, name, attribute) {
		bool known = false;
		for (size_t i = 0; i < verb->attribute_count; i++)
			known = known || strcmp(verb->attributes[i].name, name) == 0;
		if (known)
			continue;
		if (verb->attribute_count == VERB_ATTRIBUTES_MAX)
			die("%s: more than %d attributes", verb->key,
			    VERB_ATTRIBUTES_MAX);
		read_attribute(
		    &verb->attributes[verb->attribute_count++], name, attribute);
	}
}

static struct twiml_verb *verb_of(
    struct verbs *verbs, const char *key, const char *header)
{
	for (size_t i = 0; i < verbs->count; i++)
		if (strcmp(verbs->items[i].key, key) == 0)
			return &verbs->items[i];
	if (verbs->count == VERBS_MAX)
		die("more than %d elements", VERBS_MAX);
	struct twiml_verb *verb = &verbs->items[verbs->count++];
	const char *dot = strchr(key, '.');
	verb->key = key;
	verb->name = dot != NULL ? dot + 1 : key;
	verb->about = verb_about(key);
	verb->attributes = calloc(VERB_ATTRIBUTES_MAX, sizeof(*verb->attributes));
	if (verb->attributes == NULL)
		die("out of memory");
	name_function(verb, header);
	return verb;
}

static void read_element(
    struct twiml_verb *verb, const char *key, json_t *elements, const json_t *element)
{
	const json_t *parents = json_object_get(element, "parents");
	const json_t *children = json_object_get(element, "children");
	verb->text = verb->text || json_is_true(json_object_get(element, "text"));
	read_attributes(verb, json_object_get(element, "attributes"));
	for (size_t i = 0; i < json_array_size(parents); i++)
		add_name(&verb->parents, json_string_value(json_array_get(parents, i)));
	for (size_t i = 0; i < json_array_size(children); i++)
		add_name(&verb->children,
		    child_key(
			elements, key, json_string_value(json_array_get(children, i))));
}

void verbs_read(struct verbs *out, const char *path, const char *header)
{
	static const char *const kinds[] = {"messaging", "voice"};
	json_error_t why;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	if (root == NULL)
		die("%s:%d: %s", path, why.line, why.text);
	out->file = root;
	for (size_t k = 0; k < 2; k++) {
		json_t *elements = json_object_get(root, kinds[k]);
		const char *key;
		json_t *element;
		json_object_foreach(elements, key, element) {
			struct twiml_verb *verb = verb_of(out, key, header);
			verb->messaging = verb->messaging || k == 0;
			verb->voice = verb->voice || k == 1;
			read_element(verb, key, elements, element);
		}
	}
	for (size_t i = 0; i < out->count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(out->items[i].function, out->items[j].function) == 0)
				die("two elements are oh_%s", out->items[i].function);
}

void verbs_free(struct verbs *verbs)
{
	for (size_t i = 0; i < verbs->count; i++)
		free(verbs->items[i].attributes);
	json_decref(verbs->file);
}

const char *verb_type_name(const struct verb_attribute *attribute)
{
	switch (attribute->type) {
	case VALUE_INTEGER:
		return "integer";
	case VALUE_BOOLEAN:
		return "boolean";
	case VALUE_TEXT:
		break;
	}
	if (attribute->url)
		return "URL";
	return attribute->list ? "list" : "text";
}

static bool is_verb(const struct twiml_verb *verb)
{
	for (size_t i = 0; i < verb->parents.count; i++)
		if (strcmp(verb->parents.items[i], "Response") == 0)
			return true;
	return verb->parents.count == 0;
}

void verb_page(
    char *out, size_t size, const struct verbs *verbs, const struct twiml_verb *verb)
{
	char page[64];
	size_t len = 0;
	const char *kind = verb->voice ? "voice" : "messaging";
	if (verb->parents.count == 0) {
		(void)snprintf(out, size, "https://www.twilio.com/docs/%s/twiml", kind);
		return;
	}
	while (!is_verb(verb))
		verb = verbs_find(verbs, verb->parents.items[0]);
	for (; verb->name[len] != '\0' && len < sizeof(page) - 1; len++)
		page[len] = (char)tolower((unsigned char)verb->name[len]);
	page[len] = '\0';
	(void)snprintf(
	    out, size, "https://www.twilio.com/docs/%s/twiml/%s", kind, page);
}
