/* twiml_gen -- writes the TwiML table (src/twilio/twiml_table.h) as C:
 *   twiml_gen data/twiml.json twiml_table.c
 * Refuses a file that says what the table could not hold, or contradicts itself. */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* What the file holds. A new element or attribute is counted here too, so that one
 * lost by accident is noticed. */
enum { ELEMENTS = 64, ATTRIBUTES = 289, KEYS_MAX = 1024 };

static const char *const kinds[] = {"messaging", "voice"};

enum { KINDS = 2 };

struct keys {
	const char *items[KEYS_MAX];
	size_t count;
};

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)fputs("twiml_gen: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
	exit(EXIT_FAILURE);
}

static int by_text(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;
	return strcmp(*left, *right);
}

static void keys_add(struct keys *keys, const char *text)
{
	if (text == NULL)
		die("a string is expected");
	if (keys->count == KEYS_MAX)
		die("more than %d entries", KEYS_MAX);
	keys->items[keys->count++] = text;
}

static struct keys keys_of(json_t *object)
{
	struct keys keys = {.count = 0};
	const char *key;
	json_t *value;
	if (!json_is_object(object))
		die("an object is expected");
	json_object_foreach(object, key, value)
		keys_add(&keys, key);
	qsort(keys.items, keys.count, sizeof(keys.items[0]), by_text);
	return keys;
}

static struct keys keys_of_array(const json_t *array)
{
	struct keys keys = {.count = 0};
	if (!json_is_array(array))
		die("an array is expected");
	for (size_t i = 0; i < json_array_size(array); i++)
		keys_add(&keys, json_string_value(json_array_get(array, i)));
	qsort(keys.items, keys.count, sizeof(keys.items[0]), by_text);
	for (size_t i = 1; i < keys.count; i++)
		if (strcmp(keys.items[i - 1], keys.items[i]) == 0)
			die("\"%s\" stands twice", keys.items[i]);
	return keys;
}

static bool has(const struct keys *keys, const char *text)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->items[i], text) == 0)
			return true;
	return false;
}

/* Dies when object has a key that is not among allowed, which are separated by blanks. */
static void only_keys(json_t *object, const char *where, const char *allowed)
{
	struct keys keys = keys_of(object);
	for (size_t i = 0; i < keys.count; i++) {
		char word[64];
		(void)snprintf(word, sizeof(word), " %s ", keys.items[i]);
		if (strstr(allowed, word) == NULL)
			die("%s: unknown key \"%s\"", where, keys.items[i]);
	}
}

/* The name in the XML: "Refer.Sip" is <Sip>, inside <Refer>. */
static const char *xml_name(const char *key)
{
	const char *dot = strchr(key, '.');
	return dot != NULL ? dot + 1 : key;
}

/* A key as part of a C identifier, in one of a few buffers used in turn. */
static const char *identifier(const char *key)
{
	static char texts[4][64];
	static size_t turn;
	char *text = texts[turn++ % 4];
	size_t len = 0;
	for (; key[len] != '\0' && len < 63; len++)
		text[len] = (char)(isalnum((unsigned char)key[len]) ? key[len] : '_');
	text[len] = '\0';
	return text;
}

/* The element that `child` means inside `parent`: one of its own, if there is one. */
static const char *child_key(json_t *elements, const char *parent, const char *child)
{
	static char own[128];
	(void)snprintf(own, sizeof(own), "%s.%s", parent, child);
	if (json_object_get(elements, own) != NULL)
		return own;
	if (json_object_get(elements, child) == NULL)
		die("%s: its child %s is not in the file", parent, child);
	return child;
}

static const char *type_name(json_t *attribute, const char *where)
{
	static const struct {
		const char *text, *name;
		bool values; /* needs them */
	} types[] = {
	    {"string", "TWIML_STRING", false},
	    {"url", "TWIML_URL", false},
	    {"integer", "TWIML_INTEGER", false},
	    {"boolean", "TWIML_BOOLEAN", true},
	    {"enum", "TWIML_ENUM", true},
	    {"enum-list", "TWIML_ENUM_LIST", true},
	};

	const char *text = json_string_value(json_object_get(attribute, "type"));
	for (size_t i = 0; text != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].text, text) != 0)
			continue;
		if (types[i].values != (json_object_get(attribute, "values") != NULL))
			die("%s: type %s %s values", where, text,
			    types[i].values ? "needs" : "has no");
		return types[i].name;
	}
	die("%s: unknown type \"%s\"", where, text != NULL ? text : "");
}

static void write_strings(FILE *out, const char *name, const struct keys *keys)
{
	(void)fprintf(out, "static const char *const %s[] = {\n", name);
	for (size_t i = 0; i < keys->count; i++) {
		if (strpbrk(keys->items[i], "\"\\") != NULL)
			die("%s: a value needs escaping", name);
		(void)fprintf(out, "\t\"%s\",\n", keys->items[i]);
	}
	(void)fputs("};\n\n", out);
}

/* The attributes of one element, their values first. Returns how many. */
static size_t write_attributes(FILE *out, const char *prefix, json_t *attributes)
{
	struct keys names = keys_of(attributes);
	char where[192];
	for (size_t i = 0; i < names.count; i++) {
		json_t *attribute = json_object_get(attributes, names.items[i]);
		json_t *values = json_object_get(attribute, "values");
		(void)snprintf(
		    where, sizeof(where), "%s_%s", prefix, identifier(names.items[i]));
		only_keys(attribute, where, " type values default open ");
		if (values == NULL)
			continue;
		struct keys keys = keys_of_array(values);
		write_strings(out, where, &keys);
	}
	if (names.count == 0)
		return 0;
	(void)fprintf(
	    out, "static const struct twiml_attribute %s_attributes[] = {\n", prefix);
	for (size_t i = 0; i < names.count; i++) {
		json_t *attribute = json_object_get(attributes, names.items[i]);
		json_t *values = json_object_get(attribute, "values");
		bool open = json_is_true(json_object_get(attribute, "open"));
		(void)snprintf(
		    where, sizeof(where), "%s_%s", prefix, identifier(names.items[i]));
		(void)fprintf(out, "\t{\"%s\", %s, %s, %s, %zu},\n", names.items[i],
		    type_name(attribute, where), open ? "true" : "false",
		    values != NULL ? where : "NULL", json_array_size(values));
	}
	(void)fputs("};\n\n", out);
	return names.count;
}

/* The children of one element, by name; each must name this one as a parent. Returns
 * how many. */
static size_t write_children(FILE *out, const char *kind, const struct keys *all,
    json_t *elements, const char *key)
{
	json_t *element = json_object_get(elements, key);
	struct keys children = keys_of_array(json_object_get(element, "children"));
	if (children.count == 0)
		return 0;
	(void)fprintf(out,
	    "static const struct twiml_element *const %s_%s_children[] = {\n", kind,
	    identifier(key));
	for (size_t i = 0; i < children.count; i++) {
		const char *child = child_key(elements, key, children.items[i]);
		struct keys parents = keys_of_array(
		    json_object_get(json_object_get(elements, child), "parents"));
		if (!has(&parents, key))
			die("%s does not name its parent %s", child, key);
		size_t at = 0;
		while (strcmp(all->items[at], child) != 0)
			at++;
		(void)fprintf(out, "\t&%s[%zu], /* %s */\n", kind, at, child);
	}
	(void)fputs("};\n\n", out);
	return children.count;
}

struct totals {
	size_t elements, attributes, edges, parents;
};

/* One line of the elements' array, built while the arrays it points to are written. */
static void describe(char *line, size_t size, const char *prefix, const char *key,
    const json_t *element, const size_t counts[2])
{
	bool text = json_is_true(json_object_get(element, "text"));
	char attributes[160] = "NULL";
	char children[160] = "NULL";
	if (counts[0] > 0)
		(void)snprintf(attributes, sizeof(attributes), "%s_attributes", prefix);
	if (counts[1] > 0)
		(void)snprintf(children, sizeof(children), "%s_children", prefix);
	(void)snprintf(line, size, "\t{\"%s\", \"%s\", %s, %s, %zu, %s, %zu},\n",
	    xml_name(key), key, text ? "true" : "false", attributes, counts[0],
	    children, counts[1]);
}

static void write_kind(
    FILE *out, const char *kind, json_t *elements, struct totals *totals)
{
	enum { LINE = 512 };

	struct keys keys = keys_of(elements);
	char *lines = calloc(keys.count + 1, LINE);
	if (lines == NULL)
		die("out of memory");
	(void)fprintf(
	    out, "static const struct twiml_element %s[%zu];\n\n", kind, keys.count);
	for (size_t i = 0; i < keys.count; i++) {
		const char *key = keys.items[i];
		json_t *element = json_object_get(elements, key);
		char prefix[128];
		(void)snprintf(prefix, sizeof(prefix), "%s_%s", kind, identifier(key));
		only_keys(
		    element, prefix, " attributes children text parents element ");
		size_t counts[2] = {write_attributes(out, prefix,
					json_object_get(element, "attributes")),
		    write_children(out, kind, &keys, elements, key)};
		describe(lines + i * LINE, LINE, prefix, key, element, counts);
		totals->attributes += counts[0];
		totals->edges += counts[1];
		totals->parents += json_array_size(json_object_get(element, "parents"));
	}
	totals->elements += keys.count;
	(void)fprintf(
	    out, "static const struct twiml_element %s[%zu] = {\n", kind, keys.count);
	for (size_t i = 0; i < keys.count; i++)
		(void)fputs(lines + i * LINE, out);
	(void)fprintf(
	    out, "};\n\nstatic const struct twiml_element *const %s_all[] = {\n", kind);
	for (size_t i = 0; i < keys.count; i++)
		(void)fprintf(out, "\t&%s[%zu],\n", kind, i);
	(void)fputs("};\n\n", out);
	free(lines);
}

/* The three arrays that the header declares. */
static void write_exports(FILE *out, json_t *root)
{
	size_t counts[KINDS];
	size_t responses[KINDS];
	for (size_t k = 0; k < KINDS; k++) {
		struct keys keys = keys_of(json_object_get(root, kinds[k]));
		counts[k] = keys.count;
		responses[k] = 0;
		if (!has(&keys, "Response"))
			die("%s: no Response", kinds[k]);
		while (strcmp(keys.items[responses[k]], "Response") != 0)
			responses[k]++;
	}
	(void)fprintf(out,
	    "const struct twiml_element *const twiml_response[2] = {\n"
	    "\t&messaging[%zu], &voice[%zu]};\n"
	    "const struct twiml_element *const *const twiml_elements[2] = {\n"
	    "\tmessaging_all, voice_all};\n"
	    "const size_t twiml_element_counts[2] = {%zu, %zu};\n",
	    responses[0], responses[1], counts[0], counts[1]);
}

int main(int argc, char **argv)
{
	json_error_t why;
	struct totals totals = {0};
	if (argc != 3)
		die("usage: twiml_gen FILE.json FILE.c");
	json_t *root = json_load_file(argv[1], JSON_REJECT_DUPLICATES, &why);
	if (root == NULL)
		die("%s:%d: %s", argv[1], why.line, why.text);
	only_keys(root, argv[1], " messaging voice ");
	FILE *out = fopen(argv[2], "w");
	if (out == NULL)
		die("%s: cannot be written", argv[2]);
	(void)fputs("/* Generated from data/twiml.json by tools/twiml_gen.c. */\n"
		    "#include \"twilio/twiml_table.h\"\n\n",
	    out);
	for (size_t k = 0; k < KINDS; k++)
		write_kind(out, kinds[k], json_object_get(root, kinds[k]), &totals);
	write_exports(out, root);
	if (totals.elements != ELEMENTS || totals.attributes != ATTRIBUTES)
		die("%s has %zu elements and %zu attributes; %d and %d are expected",
		    argv[1], totals.elements, totals.attributes, ELEMENTS, ATTRIBUTES);
	if (totals.edges != totals.parents)
		die("%zu children, but %zu parents named", totals.edges,
		    totals.parents);
	json_decref(root);
	if (fclose(out) != 0)
		die("%s: cannot be written", argv[2]);
	return EXIT_SUCCESS;
}
