/* Every element, attribute, value and nesting of the table, built and read back. */
#include "test.h"
#include <libxml/parser.h>

#include "twilio/twiml.h"

/* Where each element stands first below the root, so that a way to it is known. */
struct way {
	const struct twiml_element *element, *parent;
};

struct ways {
	struct way items[128];
	size_t count;
};

static const struct twiml_element *parent_of(
    const struct ways *ways, const struct twiml_element *element)
{
	for (size_t i = 0; i < ways->count; i++)
		if (ways->items[i].element == element)
			return ways->items[i].parent;
	return NULL;
}

static bool is_reached(const struct ways *ways, const struct twiml_element *element)
{
	for (size_t i = 0; i < ways->count; i++)
		if (ways->items[i].element == element)
			return true;
	return false;
}

/* Breadth first from <Response>. */
static void find_ways(struct ways *ways, enum twiml_kind kind)
{
	ways->items[0] = (struct way){twiml_response[kind], NULL};
	ways->count = 1;
	for (size_t i = 0; i < ways->count; i++) {
		const struct twiml_element *parent = ways->items[i].element;
		for (size_t c = 0; c < parent->child_count; c++) {
			if (is_reached(ways, parent->children[c]))
				continue;
			ways->items[ways->count++] =
			    (struct way){parent->children[c], parent};
		}
	}
}

static struct twiml_node *build_to(
    struct twiml *twiml, const struct ways *ways, const struct twiml_element *element)
{
	const struct twiml_element *parent = parent_of(ways, element);
	if (parent == NULL)
		return twiml_root(twiml);
	return twiml_add(build_to(twiml, ways, parent), element->name);
}

struct attempt {
	enum twiml_kind kind;
	const struct ways *ways;
	const struct twiml_element *parent, *child;
	const char *attribute; /* or NULL */
	struct span value;
};

/* Builds it. Returns what twiml_close does; warned tells of a warning. */
static int build(
    const struct attempt *a, struct buf *out, bool *warned, struct error *err)
{
	struct arena *arena = arena_new();
	struct twiml *twiml = twiml_new(a->kind, arena);
	struct twiml_node *node =
	    twiml_add(build_to(twiml, a->ways, a->parent), a->child->name);
	if (a->attribute != NULL)
		twiml_attr(node, a->attribute, a->value);
	if (a->child->text)
		twiml_text(node, SPAN("x"));
	int result = twiml_close(twiml, out, err);
	*warned = twiml_warning(twiml, 0) != NULL;
	arena_free(arena);
	return result;
}

static const xmlNode *deepest(const xmlDoc *doc)
{
	const xmlNode *node = xmlDocGetRootElement(doc);
	while (node->children != NULL && node->children->type == XML_ELEMENT_NODE)
		node = node->children;
	return node;
}

/* The attribute's value, whatever its prefix is. */
static xmlChar *read_attribute(const xmlNode *node, const char *name)
{
	const char *colon = strchr(name, ':');
	for (const xmlAttr *a = node->properties; a != NULL; a = a->next)
		if (strcmp((const char *)a->name, colon != NULL ? colon + 1 : name) ==
		    0)
			return xmlNodeListGetString(node->doc, a->children, 1);
	return NULL;
}

static void expect_accepted(const struct attempt *a, bool want_warning)
{
	struct buf out = {0};
	struct error err = {""};
	bool warned;
	if (build(a, &out, &warned, &err) < 0)
		fail_msg("%s in %s: %s", a->child->key, a->parent->key, err.text);
	assert_int_equal(warned, want_warning);
	xmlDoc *doc = xmlReadMemory(out.ptr, (int)out.len, NULL, NULL, XML_PARSE_NONET);
	assert_non_null(doc);
	const xmlNode *node = deepest(doc);
	assert_string_equal((const char *)node->name, a->child->name);
	assert_string_equal((const char *)node->parent->name, a->parent->name);
	if (a->attribute != NULL) {
		xmlChar *value = read_attribute(node, a->attribute);
		assert_non_null(value);
		assert_true(span_is(a->value, (const char *)value));
		xmlFree(value);
	}
	xmlFreeDoc(doc);
	buf_free(&out);
}

static void expect_refused(
    const struct attempt *a, const char *first, const char *second)
{
	struct buf out = {0};
	struct error err = {""};
	bool warned;
	buf_puts(&out, "before");
	if (build(a, &out, &warned, &err) == 0)
		fail_msg(
		    "%s in %s is accepted: %s", a->child->key, a->parent->key, out.ptr);
	assert_string_equal(buf_text(&out), "before");
	if (strstr(err.text, first) == NULL || strstr(err.text, second) == NULL)
		fail_msg("\"%s\" names not both %s and %s", err.text, first, second);
	buf_free(&out);
}

static void expect_values(struct attempt a, const struct twiml_attribute *attribute)
{
	static const char *const strings[] = {"", "a<b>&\"c'\t\n\r \xC3\xA9", "{{x}}"};
	static const char *const urls[] = {
	    "https://example.com/a?b=c&d=%20e", "/relative", "sip:a@example.com"};
	static const char *const numbers[] = {"0", "1", "14400"};
	const char *const *values = attribute->values;
	size_t count = attribute->value_count;
	if (attribute->type == TWIML_STRING || attribute->type == TWIML_URL ||
	    attribute->type == TWIML_INTEGER) {
		values = attribute->type == TWIML_STRING ? strings
			 : attribute->type == TWIML_URL  ? urls
							 : numbers;
		count = 3;
	}
	assert_true(count > 0);
	struct buf all = {0};
	for (size_t i = 0; i < count; i++) {
		a.value = span_of(values[i]);
		expect_accepted(&a, false);
		buf_printf(&all, "%s%s", i > 0 ? " " : "", values[i]);
	}
	a.value = buf_span(&all);
	if (attribute->type == TWIML_ENUM_LIST)
		expect_accepted(&a, false);
	buf_free(&all);
}

static void expect_wrong_values(
    struct attempt a, const struct twiml_attribute *attribute)
{
	static const struct {
		enum twiml_type type;
		const char *value;
	} wrong[] = {
	    {TWIML_URL, ""},
	    {TWIML_URL, "/a b"},
	    {TWIML_URL, "/a\nb"},
	    {TWIML_URL, "/a\x7F"},
	    {TWIML_INTEGER, ""},
	    {TWIML_INTEGER, "x"},
	    {TWIML_INTEGER, "1.5"},
	    {TWIML_INTEGER, "-1"},
	    {TWIML_INTEGER, "-0"},
	    {TWIML_INTEGER, " 1"},
	    {TWIML_INTEGER, "99999999999999999999"},
	    {TWIML_BOOLEAN, ""},
	    {TWIML_BOOLEAN, "True"},
	    {TWIML_BOOLEAN, "1"},
	    {TWIML_ENUM, ""},
	    {TWIML_ENUM, "no-such-value"},
	    {TWIML_ENUM_LIST, ""},
	    {TWIML_ENUM_LIST, " "},
	    {TWIML_ENUM_LIST, "no-such-value"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (wrong[i].type != attribute->type)
			continue;
		a.value = span_of(wrong[i].value);
		if (attribute->open)
			expect_accepted(&a, true);
		else
			expect_refused(&a, a.child->name, attribute->name);
	}
}

static void try_attributes(struct attempt a, size_t *attributes)
{
	for (size_t i = 0; i < a.child->attribute_count; i++) {
		const struct twiml_attribute *attribute = &a.child->attributes[i];
		a.attribute = attribute->name;
		if (parent_of(a.ways, a.child) == a.parent) {
			(*attributes)++;
			expect_wrong_values(a, attribute);
		}
		expect_values(a, attribute);
	}
	a.attribute = "noSuchAttribute";
	a.value = SPAN("x");
	expect_refused(&a, a.child->name, "noSuchAttribute");
}

TEST(every_element_attribute_and_value_is_accepted_where_it_belongs)
{
	size_t attributes = 0;
	size_t elements = 0;
	size_t edges = 0;
	for (enum twiml_kind kind = TWIML_MESSAGING; kind <= TWIML_VOICE; kind++) {
		struct ways ways;
		find_ways(&ways, kind);
		assert_int_equal(ways.count, twiml_element_counts[kind]);
		elements += ways.count;
		for (size_t p = 0; p < ways.count; p++) {
			const struct twiml_element *parent = ways.items[p].element;
			edges += parent->child_count;
			for (size_t c = 0; c < parent->child_count; c++) {
				struct attempt a = {kind, &ways, parent,
				    parent->children[c], NULL, {0}};
				expect_accepted(&a, false);
				try_attributes(a, &attributes);
			}
		}
	}
	assert_int_equal(elements, 64);
	assert_int_equal(attributes, 289);
	assert_int_equal(edges, 135);
}

TEST(every_other_nesting_is_refused)
{
	size_t refused = 0;
	for (enum twiml_kind kind = TWIML_MESSAGING; kind <= TWIML_VOICE; kind++) {
		struct ways ways;
		find_ways(&ways, kind);
		for (size_t i = 0; i < ways.count * 64; i++) {
			enum twiml_kind from =
			    i % 64 < 5 ? TWIML_MESSAGING : TWIML_VOICE;
			size_t n = from == TWIML_MESSAGING ? i % 64 : i % 64 - 5;
			struct attempt a = {kind, &ways, ways.items[i / 64].element,
			    twiml_elements[from][n], NULL, {0}};
			char parent[64];
			char child[64];
			(void)snprintf(parent, sizeof(parent), "<%s>", a.parent->name);
			(void)snprintf(child, sizeof(child), "<%s>", a.child->name);
			if (twiml_child_find(a.parent, span_of(a.child->name)) != NULL)
				continue;
			expect_refused(&a, parent, child);
			refused++;
		}
	}
	assert_true(refused > 3000);
}

TEST(text_is_refused_where_the_element_takes_none)
{
	for (enum twiml_kind kind = TWIML_MESSAGING; kind <= TWIML_VOICE; kind++) {
		struct ways ways;
		find_ways(&ways, kind);
		for (size_t i = 0; i < ways.count; i++) {
			const struct twiml_element *element = ways.items[i].element;
			struct arena *arena = arena_new();
			struct twiml *twiml = twiml_new(kind, arena);
			struct buf out = {0};
			struct error err = {""};
			twiml_text(build_to(twiml, &ways, element), SPAN("x"));
			assert_int_equal(
			    twiml_close(twiml, &out, &err), element->text ? 0 : -1);
			assert_true(
			    element->text || strstr(err.text, element->name) != NULL);
			buf_free(&out);
			arena_free(arena);
		}
	}
}

TEST(all_lists_are_sorted)
{
	for (enum twiml_kind kind = TWIML_MESSAGING; kind <= TWIML_VOICE; kind++) {
		for (size_t i = 0; i < twiml_element_counts[kind]; i++) {
			const struct twiml_element *e = twiml_elements[kind][i];
			if (i > 0)
				assert_true(strcmp(twiml_elements[kind][i - 1]->key,
						e->key) < 0);
			for (size_t c = 1; c < e->child_count; c++)
				assert_true(strcmp(e->children[c - 1]->name,
						e->children[c]->name) < 0);
			for (size_t a = 1; a < e->attribute_count; a++)
				assert_true(strcmp(e->attributes[a - 1].name,
						e->attributes[a].name) < 0);
		}
	}
}

int main(void)
{
	int failed = test_run();
	xmlCleanupParser();
	return failed;
}
