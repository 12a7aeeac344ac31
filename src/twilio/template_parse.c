#include "twilio/template.h"

#include <ctype.h>

#include <libxml/tree.h>

#include "twilio/template_piece.h"
#include "twilio/template_xml.h"
#include "twilio/twiml.h"
#include "twilio/twiml_check.h"
#include "twilio/twiml_write.h"
#include "util/text.h"

struct compiler {
	enum twiml_kind kind;
	const char *file;
	struct arena *arena;
	struct twiml_writer writer;
	struct buf out; /* what the writer wrote since the last piece */
	struct piece **end;
	struct template_warning **warnings_end;
	struct piece *message; /* of the <Message> being compiled, if it needs one */
	size_t bytes;          /* of all literal pieces */
	struct error *err;
};

/* Puts file and line before the reason. Returns -1. */
static int at_line(struct compiler *c, const xmlNode *node)
{
	return error_wrap(c->err, "%s:%ld", c->file, xmlGetLineNo(node));
}

/* Notes what err has. */
static void warn(struct compiler *c, const xmlNode *node)
{
	struct template_warning *warning = arena_zalloc(c->arena, sizeof(*warning));
	warning->text = arena_printf(
	    c->arena, "%s:%ld: %s", c->file, xmlGetLineNo(node), c->err->text);
	*c->warnings_end = warning;
	c->warnings_end = &warning->next;
}

/* Placeholders hide a query, and a URL that has a host may be anybody's. */
static void check_query(struct compiler *c, const xmlNode *node,
    const struct twiml_element *element, const char *attribute, struct span url)
{
	const char *what = arena_printf(c->arena, "<%s>%s%s", element->name,
	    attribute != NULL ? " " : "", attribute != NULL ? attribute : "");
	if (twiml_check_query(what, url, (struct span){0}, c->err) > 0)
		warn(c, node);
}

static struct piece *piece_new(
    struct compiler *c, enum piece_type type, struct span text)
{
	struct piece *piece = arena_zalloc(c->arena, sizeof(*piece));
	piece->type = type;
	piece->text = arena_copy(c->arena, text);
	return piece;
}

/* Makes a piece of what was written so far. */
static void add_literal(struct compiler *c)
{
	if (c->out.len == 0)
		return;
	*c->end = piece_new(c, PIECE_LITERAL, buf_span(&c->out));
	c->end = &(*c->end)->next;
	c->bytes += c->out.len;
	buf_clear(&c->out);
}

static struct piece *add(struct compiler *c, struct piece *piece)
{
	add_literal(c);
	*c->end = piece;
	c->end = &piece->next;
	return piece;
}

/* Index of the first "{{" or "}}"; text.len when there is none. */
static size_t find_pair(struct span text, char brace)
{
	for (size_t i = 0; i + 1 < text.len; i++)
		if (text.ptr[i] == brace && text.ptr[i + 1] == brace)
			return i;
	return text.len;
}

/* Takes the next part from text: up to a placeholder, or a placeholder. NULL with err
 * when the placeholder is malformed. */
static struct piece *next_part(struct compiler *c, struct span *text)
{
	size_t open = find_pair(*text, '{');
	if (open > 0) {
		struct piece *piece =
		    piece_new(c, PIECE_LITERAL, span_head(*text, open));
		*text = span_from(*text, open);
		return piece;
	}
	struct span inner = span_from(*text, 2);
	size_t close = find_pair(inner, '}');
	struct span name = span_trim(span_head(inner, close));
	if (close == inner.len) {
		(void)error_set(c->err, "\"{{\" without \"}}\"");
		return NULL;
	}
	if (!text_all_of(name, "_.-")) {
		(void)error_set(c->err,
		    "{{%.*s}} is not the name of a parameter, as {{From}} is",
		    SPAN_ARG(span_head(name, name.len < 40 ? name.len : 40)));
		return NULL;
	}
	*text = span_from(inner, close + 2);
	return piece_new(c, PIECE_PARAMETER, name);
}

static int compile_value(struct compiler *c, const xmlNode *node,
    const struct twiml_element *element, const struct twiml_attribute *attribute,
    struct span value)
{
	struct piece *whole = piece_new(c, PIECE_VALUE, (struct span){0});
	struct piece **end = &whole->parts;
	whole->element = element;
	whole->attribute = attribute;
	if (find_pair(value, '{') == value.len) {
		int checked = twiml_check_value(element, attribute, value, c->err);
		if (checked > 0)
			warn(c, node);
		if (checked == 0 && attribute->type == TWIML_URL)
			check_query(c, node, element, attribute->name, value);
		twiml_write_attribute(&c->writer, attribute->name, value);
		return checked < 0 ? -1 : 0;
	}
	while (value.len > 0) {
		struct piece *part = next_part(c, &value);
		if (part == NULL)
			return -1;
		*end = part;
		end = &part->next;
	}
	twiml_write_attribute_begin(&c->writer, attribute->name);
	(void)add(c, whole);
	twiml_write_attribute_end(&c->writer);
	return 0;
}

static int compile_attribute(struct compiler *c, const xmlNode *node,
    const xmlAttr *attr, const struct twiml_element *element)
{
	const char *local = (const char *)attr->name;
	const char *prefix = attr->ns != NULL ? (const char *)attr->ns->prefix : NULL;
	const char *name =
	    prefix == NULL ? local : arena_printf(c->arena, "%s:%s", prefix, local);
	const struct twiml_attribute *attribute =
	    twiml_check_attribute(element, span_of(name), c->err);
	if (attribute == NULL)
		return -1;
	xmlChar *content = xmlNodeListGetString(node->doc, attr->children, 1);
	struct span value = content != NULL ? span_of((const char *)content) : SPAN("");
	int result = compile_value(c, node, element, attribute, value);
	xmlFree(content);
	return result;
}

static void compile_parameter(
    struct compiler *c, const struct twiml_element *element, struct piece *piece)
{
	twiml_write_content(&c->writer);
	if (twiml_is_body(element)) {
		if (c->message == NULL)
			c->message =
			    add(c, piece_new(c, PIECE_MESSAGE, (struct span){0}));
		piece->type = PIECE_BODY;
		c->writer.filled = true;
	}
	(void)add(c, piece);
}

/* SSML elements are lower-case and part of the spoken text around them; others are not. */
static bool is_speech(const xmlNode *sibling)
{
	return sibling != NULL && islower(sibling->name[0]);
}

/* Blanks beside text are kept, unless a line break makes them layout. */
static struct span beside(struct span blanks, const xmlNode *sibling)
{
	if (span_find(blanks, '\n') == blanks.len)
		return blanks;
	return is_speech(sibling) ? SPAN(" ") : SPAN("");
}

static int compile_text(
    struct compiler *c, const struct twiml_element *element, const xmlNode *node)
{
	struct span all =
	    node->content != NULL ? span_of((const char *)node->content) : SPAN("");
	struct span text = span_trim(all);
	if (text.len == 0) {
		if (is_speech(node->prev) && is_speech(node->next))
			twiml_write_text(&c->writer, element, SPAN(" "));
		return 0;
	}
	if (twiml_check_text(element, c->err) < 0)
		return -1;
	if (strcmp(element->name, "Redirect") == 0)
		check_query(c, node, element, NULL, text);
	struct span before = span_head(all, (size_t)(text.ptr - all.ptr));
	struct span after = span_from(all, before.len + text.len);
	twiml_write_text(&c->writer, element, beside(before, node->prev));
	while (text.len > 0) {
		struct piece *part = next_part(c, &text);
		if (part == NULL)
			return -1;
		if (part->type == PIECE_LITERAL)
			twiml_write_text(&c->writer, element, part->text);
		else
			compile_parameter(c, element, part);
	}
	twiml_write_text(&c->writer, element, beside(after, node->next));
	return 0;
}

static int close_element(
    struct compiler *c, const xmlNode *node, const struct twiml_element *element)
{
	struct piece *message =
	    strcmp(element->name, "Message") == 0 ? c->message : NULL;
	size_t chars = c->writer.chars;
	bool may_be_empty = chars == 0 && c->writer.media == 0;
	int closed = twiml_write_close(&c->writer, element, c->err);
	if (closed < 0)
		return at_line(c, node);
	if (closed > 0)
		warn(c, node);
	if (message == NULL)
		return 0;
	message->room = TWIML_MAX_BODY - chars;
	if (may_be_empty)
		(void)add(c, piece_new(c, PIECE_MESSAGE_END, (struct span){0}));
	c->message = NULL;
	return 0;
}

/* Recursion is bounded by libxml2's own limit on depth, 256. */
static int compile_element(
    struct compiler *c, const xmlNode *node, const struct twiml_element *element)
{
	if (node->ns != NULL) {
		(void)error_set(
		    c->err, "<%s> is in a namespace; TwiML has none", element->name);
		return at_line(c, node);
	}
	twiml_write_open(&c->writer, element);
	for (const xmlAttr *attr = node->properties; attr != NULL; attr = attr->next)
		if (compile_attribute(c, node, attr, element) < 0)
			return at_line(c, node);
	for (const xmlNode *child = node->children; child != NULL;
	     child = child->next) {
		if (child->type != XML_ELEMENT_NODE) {
			if (compile_text(c, element, child) < 0)
				return at_line(c, node);
			continue;
		}
		struct span name = span_of((const char *)child->name);
		const struct twiml_element *inner =
		    twiml_check_child(c->kind, element, name, c->err);
		if (inner == NULL)
			return at_line(c, child);
		if (compile_element(c, child, inner) < 0)
			return -1;
	}
	return close_element(c, node, element);
}

static int compile(struct compiler *c, const xmlNode *root)
{
	if (strcmp((const char *)root->name, "Response") != 0) {
		(void)error_set(
		    c->err, "the root is <%.80s>; TwiML's is <Response>", root->name);
		return at_line(c, root);
	}
	twiml_write_start(&c->writer, &c->out);
	if (compile_element(c, root, twiml_response[c->kind]) < 0)
		return -1;
	add_literal(c);
	if (twiml_check_size(c->bytes, c->err) < 0)
		return at_line(c, root);
	return 0;
}

int template_parse(struct template **out, enum twiml_kind kind, const char *file,
    struct span xml, struct error *err)
{
	struct error why;
	xmlDoc *doc = template_xml_read(file, xml, &why);
	if (doc == NULL)
		return error_set(err, "%s", why.text);
	struct arena *arena = arena_new();
	struct template *template = arena_zalloc(arena, sizeof(*template));
	struct compiler c = {.kind = kind,
	    .file = file,
	    .arena = arena,
	    .end = &template->pieces,
	    .warnings_end = &template->warnings,
	    .err = &why};
	template->arena = arena;
	int result = compile(&c, xmlDocGetRootElement(doc));
	buf_free(&c.out);
	xmlFreeDoc(doc);
	if (result < 0) {
		template_free(template);
		return error_set(err, "%s", why.text);
	}
	*out = template;
	return 0;
}
