#include "twilio/twiml.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "twilio/twiml_check.h"
#include "twilio/twiml_write.h"
#include "util/text.h"

struct attribute {
	struct attribute *next;
	const char *name;
	struct span value;
};

/* An element, or, when element is NULL, text. */
struct twiml_node {
	struct twiml *twiml;
	struct twiml_node *parent, *next;
	struct twiml_node *first, *last; /* children */
	const struct twiml_element *element;
	struct attribute *attributes; /* in the order they were set */
	struct span text;
};

struct warning {
	struct warning *next;
	const char *text;
};

struct twiml {
	struct arena *arena;
	enum twiml_kind kind;
	struct span own_host; /* absent: not known */
	struct twiml_node root;
	struct twiml_node stray; /* what twiml_add returns after a mistake */
	size_t size;
	const char *mistake; /* the first one; nothing is added after it */
	struct warning *warnings, **warnings_end;
};

void twiml_warn(struct twiml *twiml, const char *text)
{
	struct warning *warning = arena_zalloc(twiml->arena, sizeof(*warning));
	warning->text = arena_strdup(twiml->arena, text);
	*twiml->warnings_end = warning;
	twiml->warnings_end = &warning->next;
}

void twiml_fail(struct twiml *twiml, const char *format, ...)
{
	struct error err;
	va_list args;
	if (twiml->mistake != NULL)
		return;
	va_start(args, format);
	(void)vsnprintf(err.text, sizeof(err.text), format, args);
	va_end(args);
	twiml->mistake = arena_strdup(twiml->arena, err.text);
}

struct twiml *twiml_new(enum twiml_kind kind, struct arena *arena)
{
	struct twiml *twiml = arena_zalloc(arena, sizeof(*twiml));
	twiml->arena = arena;
	twiml->kind = kind;
	twiml->root.twiml = twiml->stray.twiml = twiml;
	twiml->root.element = twiml->stray.element = twiml_response[kind];
	twiml->warnings_end = &twiml->warnings;
	return twiml;
}

void twiml_base(struct twiml *twiml, struct span base_url)
{
	const char *slashes =
	    base_url.len == 0 ? NULL : memmem(base_url.ptr, base_url.len, "//", 2);
	if (slashes == NULL)
		return;
	struct span host = span_from(base_url, (size_t)(slashes - base_url.ptr) + 2);
	twiml->own_host = span_head(host, span_find(host, '/'));
}

struct twiml_node *twiml_root(struct twiml *twiml)
{
	return &twiml->root;
}

bool twiml_failed(const struct twiml *twiml)
{
	return twiml->mistake != NULL;
}

size_t twiml_size(const struct twiml *twiml)
{
	return twiml->size;
}

static struct twiml_node *append(struct twiml_node *parent)
{
	struct twiml_node *node = arena_zalloc(parent->twiml->arena, sizeof(*node));
	node->twiml = parent->twiml;
	node->parent = parent;
	if (parent->last != NULL)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	return node;
}

struct twiml_node *twiml_add(struct twiml_node *parent, const char *name)
{
	struct twiml *twiml = parent->twiml;
	struct error err;
	if (twiml->mistake != NULL)
		return &twiml->stray;
	const struct twiml_element *element =
	    twiml_check_child(twiml->kind, parent->element, span_of(name), &err);
	if (element == NULL) {
		twiml_fail(twiml, "%s", err.text);
		return &twiml->stray;
	}
	if (parent == &twiml->root)
		twiml->size++;
	struct twiml_node *node = append(parent);
	node->element = element;
	return node;
}

/* The element's attribute (NULL: its text) is a URL that Twilio will call. */
static void check_query(
    const struct twiml_node *node, const char *attribute, struct span url)
{
	struct twiml *twiml = node->twiml;
	struct error err;
	const char *what = arena_printf(twiml->arena, "<%s>%s%s", node->element->name,
	    attribute != NULL ? " " : "", attribute != NULL ? attribute : "");
	if (twiml_check_query(what, url, twiml->own_host, &err) > 0)
		twiml_warn(twiml, err.text);
}

/* An attribute that is set twice keeps its place and gets the later value. */
static void set(struct twiml_node *node, const char *name, struct span value)
{
	struct arena *arena = node->twiml->arena;
	struct attribute **at = &node->attributes;
	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	if (*at == NULL) {
		*at = arena_zalloc(arena, sizeof(**at));
		(*at)->name = name;
	}
	(*at)->value = arena_copy(arena, value);
}

void twiml_attr(struct twiml_node *node, const char *name, struct span value)
{
	struct error err;
	if (value.ptr == NULL || node->twiml->mistake != NULL)
		return;
	const struct twiml_attribute *attribute =
	    twiml_check_attribute(node->element, span_of(name), &err);
	int checked = attribute == NULL
			  ? -1
			  : twiml_check_value(node->element, attribute, value, &err);
	if (checked < 0) {
		twiml_fail(node->twiml, "%s", err.text);
		return;
	}
	if (checked > 0)
		twiml_warn(node->twiml, err.text);
	if (attribute->type == TWIML_URL && span_find(value, '?') < value.len)
		check_query(node, name, value);
	set(node, attribute->name, value);
}

void twiml_attr_int(struct twiml_node *node, const char *name, long value)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%ld", value);
	twiml_attr(node, name, (struct span){text, (size_t)len});
}

void twiml_attr_bool(struct twiml_node *node, const char *name, bool value)
{
	twiml_attr(node, name, value ? SPAN("true") : SPAN("false"));
}

/* An XML name in ASCII that needs no declared namespace. */
static bool is_attribute_name(const char *name)
{
	const char *local = strncmp(name, "xml:", 4) == 0 ? name + 4 : name;
	return strncmp(name, "xmlns", 5) != 0 &&
	       (isalpha((unsigned char)*local) || *local == '_') &&
	       text_all_of(span_of(local), "_-.");
}

void twiml_attr_any(struct twiml_node *node, const char *name, struct span value)
{
	struct twiml *twiml = node->twiml;
	if (value.ptr == NULL || twiml->mistake != NULL)
		return;
	if (!is_attribute_name(name)) {
		twiml_fail(twiml, "<%s>: \"%.40s\" cannot be an attribute's name",
		    node->element->name, name);
		return;
	}
	if (twiml_attribute_find(node->element, span_of(name)) == NULL)
		twiml_warn(
		    twiml, arena_printf(twiml->arena, "<%s> %s: not in the TwiML table",
			       node->element->name, name));
	set(node, arena_strdup(twiml->arena, name), value);
}

void twiml_text(struct twiml_node *node, struct span text)
{
	struct error err;
	if (text.len == 0 || node->twiml->mistake != NULL)
		return;
	if (twiml_check_text(node->element, &err) < 0) {
		twiml_fail(node->twiml, "%s", err.text);
		return;
	}
	if (strcmp(node->element->name, "Redirect") == 0)
		check_query(node, NULL, text);
	append(node)->text = arena_copy(node->twiml->arena, text);
}

const char *twiml_warning(const struct twiml *twiml, size_t n)
{
	const struct warning *warning = twiml->warnings;
	while (warning != NULL && n-- > 0)
		warning = warning->next;
	return warning != NULL ? warning->text : NULL;
}

static void write_begin(struct twiml_writer *writer, const struct twiml_node *node)
{
	if (node->element == NULL) {
		twiml_write_text(writer, node->parent->element, node->text);
		return;
	}
	twiml_write_open(writer, node->element);
	for (const struct attribute *a = node->attributes; a != NULL; a = a->next)
		twiml_write_attribute(writer, a->name, a->value);
}

static void write_end(
    struct twiml *twiml, struct twiml_writer *writer, const struct twiml_node *node)
{
	struct error err;
	if (node->element == NULL)
		return;
	int closed = twiml_write_close(writer, node->element, &err);
	if (closed < 0)
		twiml_fail(twiml, "%s", err.text);
	if (closed > 0)
		twiml_warn(twiml, err.text);
}

/* Without recursion, so that deep nesting cannot exhaust the stack. */
static void write_tree(struct twiml *twiml, struct twiml_writer *writer)
{
	const struct twiml_node *node = &twiml->root;
	write_begin(writer, node);
	while (node != NULL) {
		if (node->first != NULL) {
			node = node->first;
			write_begin(writer, node);
			continue;
		}
		write_end(twiml, writer, node);
		while (node != NULL && node->next == NULL) {
			node = node->parent;
			if (node != NULL)
				write_end(twiml, writer, node);
		}
		if (node != NULL) {
			node = node->next;
			write_begin(writer, node);
		}
	}
}

int twiml_close(struct twiml *twiml, struct buf *out, struct error *err)
{
	struct twiml_writer writer;
	struct error why;
	size_t start = out->len;
	if (twiml->mistake == NULL) {
		twiml_write_start(&writer, out);
		write_tree(twiml, &writer);
		if (twiml_check_size(out->len - start, &why) < 0)
			twiml_fail(twiml, "%s", why.text);
	}
	if (twiml->mistake == NULL)
		return 0;
	if (out->len > start) {
		out->len = start;
		out->ptr[start] = '\0';
	}
	return error_set(err, "%s", twiml->mistake);
}
