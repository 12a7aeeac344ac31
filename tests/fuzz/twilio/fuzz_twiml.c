/* Bytes as calls to the builder. Whatever twiml_close accepts is XML that libxml2
 * reads, with the same elements, attributes and text as were put in. */
#include <stdint.h>
#include <stdlib.h>

#include <libxml/parser.h>

#include "twilio/twiml.h"
#include "util/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NODES_MAX = 64, SETS_MAX = 64 };

/* What was done, to compare with what is read back. */
struct record {
	struct twiml_node *nodes[NODES_MAX];
	const struct twiml_element *elements[NODES_MAX];
	size_t parents[NODES_MAX];
	struct buf texts[NODES_MAX];
	size_t count;

	struct {
		size_t node;
		const char *name;
		struct span value;
	} sets[SETS_MAX];

	size_t set_count;
	struct arena *arena;
	struct span input;
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static size_t take(struct record *r, size_t below)
{
	if (r->input.len == 0 || below == 0)
		return 0;
	unsigned char byte = (unsigned char)r->input.ptr[0];
	r->input = span_from(r->input, 1);
	return byte % below;
}

static struct span take_text(struct record *r)
{
	size_t len = take(r, 256);
	struct span text = span_head(r->input, len < r->input.len ? len : r->input.len);
	r->input = span_from(r->input, text.len);
	return text;
}

/* text as a parser is to give it back: repaired, and without what XML forbids. */
static void add_expected(struct buf *out, struct span text, struct arena *arena)
{
	uint32_t code;
	text = utf8_repair(text, arena);
	while (text.len > 0) {
		size_t len = utf8_next(text, &code);
		bool allowed =
		    code >= ' ' || code == '\t' || code == '\n' || code == '\r';
		if (allowed && code != 0xFFFE && code != 0xFFFF)
			buf_put(out, span_head(text, len));
		text = span_from(text, len);
	}
}

/* Mostly a child that is allowed, now and then any name. */
static const struct twiml_element *take_child(struct record *r, size_t parent)
{
	const struct twiml_element *element = r->elements[parent];
	size_t choice = take(r, element->child_count + 1);
	if (choice < element->child_count)
		return element->children[choice];
	if (take(r, 64) > 0)
		return NULL;
	const char *name = arena_strndup(r->arena, take_text(r));
	const struct twiml_element *child = twiml_child_find(element, span_of(name));
	if (child == NULL)
		(void)twiml_add(r->nodes[parent], name);
	return child;
}

static void add_node(struct record *r)
{
	size_t parent = take(r, r->count);
	const struct twiml_element *child = take_child(r, parent);
	if (child == NULL || r->count == NODES_MAX)
		return;
	r->nodes[r->count] = twiml_add(r->nodes[parent], child->name);
	r->elements[r->count] = child;
	r->parents[r->count] = parent;
	r->count++;
}

static void add_text(struct record *r)
{
	size_t node = take(r, r->count);
	struct span text = take_text(r);
	twiml_text(r->nodes[node], text);
	add_expected(&r->texts[node], text, r->arena);
}

static void add_set(struct record *r, size_t node, const char *name, struct span value)
{
	r->sets[r->set_count].node = node;
	r->sets[r->set_count].name = name;
	r->sets[r->set_count].value = value;
	r->set_count++;
}

static void set_known(struct record *r)
{
	size_t node = take(r, r->count);
	const struct twiml_element *element = r->elements[node];
	size_t choice = take(r, element->attribute_count);
	struct span value = take_text(r);
	if (element->attribute_count == 0 || r->set_count == SETS_MAX)
		return;
	const struct twiml_attribute *attribute = &element->attributes[choice];
	if (attribute->value_count > 0 && value.len < 2)
		value = span_of(attribute->values[value.len % attribute->value_count]);
	twiml_attr(r->nodes[node], attribute->name, value);
	add_set(r, node, attribute->name, value);
}

static void set_any(struct record *r)
{
	size_t node = take(r, r->count);
	const char *name = arena_strndup(r->arena, take_text(r));
	struct span value = take_text(r);
	if (r->set_count == SETS_MAX)
		return;
	twiml_attr_any(r->nodes[node], name, value);
	add_set(r, node, name, value);
}

static void check_attributes(const struct record *r, const xmlNode *node, size_t index)
{
	for (size_t i = 0; i < r->set_count; i++) {
		bool later = false;
		if (r->sets[i].node != index)
			continue;
		for (size_t k = i + 1; k < r->set_count; k++)
			later =
			    later || (r->sets[k].node == index &&
					 strcmp(r->sets[k].name, r->sets[i].name) == 0);
		if (later)
			continue;
		const char *colon = strchr(r->sets[i].name, ':');
		const xmlChar *name =
		    (const xmlChar *)(colon != NULL ? colon + 1 : r->sets[i].name);
		xmlChar *got = colon != NULL
				   ? xmlGetNsProp(node, name, XML_XML_NAMESPACE)
				   : xmlGetNoNsProp(node, name);
		struct buf want = {0};
		add_expected(&want, r->sets[i].value, r->arena);
		check(got != NULL && strcmp((const char *)got, buf_text(&want)) == 0);
		buf_free(&want);
		xmlFree(got);
	}
}

static void check_node(const struct record *r, const xmlNode *node, size_t index)
{
	struct buf text = {0};
	size_t next = 1;
	check(strcmp((const char *)node->name, r->elements[index]->name) == 0);
	for (const xmlNode *child = node->children; child != NULL;
	     child = child->next) {
		if (child->type == XML_TEXT_NODE) {
			buf_puts(&text, (const char *)child->content);
			continue;
		}
		check(child->type == XML_ELEMENT_NODE);
		while (next < r->count && r->parents[next] != index)
			next++;
		check(next < r->count);
		check_node(r, child, next++);
	}
	while (next < r->count && r->parents[next] != index)
		next++;
	check(next == r->count);
	check(strcmp(buf_text(&text), buf_text(&r->texts[index])) == 0);
	buf_free(&text);
	check_attributes(r, node, index);
}

static void play(struct record *r)
{
	static void (*const steps[])(struct record *) = {
	    add_node, add_text, set_known, add_node, add_text, set_known, set_any};
	while (r->input.len > 0)
		steps[take(r, sizeof(steps) / sizeof(steps[0]))](r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record r = {.arena = arena_new(), .input = {(const char *)data, size}};
	struct buf out = {0};
	struct error err = {""};
	enum twiml_kind kind = take(&r, 2) == 0 ? TWIML_MESSAGING : TWIML_VOICE;
	struct twiml *twiml = twiml_new(kind, r.arena);
	r.nodes[0] = twiml_root(twiml);
	r.elements[0] = twiml_response[kind];
	r.parents[0] = SIZE_MAX;
	r.count = 1;
	play(&r);
	if (twiml_close(twiml, &out, &err) == 0) {
		check(out.len <= TWIML_MAX_BYTES && out.ptr[0] == '<');
		xmlDoc *doc = xmlReadMemory(out.ptr, (int)out.len, NULL, NULL,
		    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
		check(doc != NULL);
		check_node(&r, xmlDocGetRootElement(doc), 0);
		xmlFreeDoc(doc);
	} else {
		check(err.text[0] != '\0' && out.len == 0);
	}
	for (size_t i = 0; i < NODES_MAX; i++)
		buf_free(&r.texts[i]);
	buf_free(&out);
	arena_free(r.arena);
	return 0;
}
