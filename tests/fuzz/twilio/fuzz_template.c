/* A byte for the kind, a template, NUL, a form. A template is refused with a line, or
 * what it renders is XML whose elements no parameter changes. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

#include <libxml/parser.h>

#include "twilio/template.h"
#include "twilio/twiml.h"
#include "util/log.h"
#include "util/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static size_t count_elements(const xmlNode *node)
{
	size_t count = 1;
	for (const xmlNode *child = node->children; child != NULL; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			count += count_elements(child);
	return count;
}

static size_t count_characters(const xmlNode *node, bool body)
{
	size_t count = 0;
	for (const xmlNode *child = node->children; child != NULL;
	     child = child->next) {
		if (child->type == XML_TEXT_NODE && body)
			count += utf8_count(span_of((const char *)child->content));
		if (child->type == XML_ELEMENT_NODE)
			count += count_characters(
			    child, strcmp((const char *)child->name, "Body") == 0);
	}
	return count;
}

/* How many elements the reply has; 0 when it is refused. */
static size_t render(const struct template *template, const struct params *params)
{
	struct buf out = {0};
	struct error err = {""};
	buf_puts(&out, "before");
	if (template_render(template, params, &out, &err) < 0) {
		check(strcmp(out.ptr, "before") == 0 && err.text[0] != '\0');
		buf_free(&out);
		return 0;
	}
	struct span reply = span_from(buf_span(&out), strlen("before"));
	check(reply.len <= TWIML_MAX_BYTES && reply.ptr[0] == '<');
	xmlDoc *doc = xmlReadMemory(reply.ptr, (int)reply.len, NULL, NULL,
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	check(doc != NULL);
	const xmlNode *root = xmlDocGetRootElement(doc);
	check(strcmp((const char *)root->name, "Response") == 0);
	for (const xmlNode *verb = root->children; verb != NULL; verb = verb->next)
		if (strcmp((const char *)verb->name, "Message") == 0)
			check(count_characters(verb, true) <= TWIML_MAX_BODY);
	size_t count = count_elements(root);
	xmlFreeDoc(doc);
	buf_free(&out);
	return count;
}

static void check_error(const char *text)
{
	size_t at = strlen("f.xml:");
	check(strncmp(text, "f.xml:", at) == 0 && isdigit((unsigned char)text[at]));
	at += strspn(text + at, "0123456789");
	check(text[at] == ':' && text[at + 1] == ' ' && text[at + 2] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = {(const char *)data, size};
	struct template *template = NULL;
	struct params params;
	struct error err = {""};
	log_setup(LOG_TEXT, LOG_ERROR);
	if (size == 0)
		return 0;
	enum twiml_kind kind = input.ptr[0] % 2 == 0 ? TWIML_MESSAGING : TWIML_VOICE;
	input = span_from(input, 1);
	size_t end = span_find(input, '\0');
	struct span xml = span_head(input, end);
	struct span form = end < input.len ? span_from(input, end + 1) : SPAN("");
	if (template_parse(&template, kind, "f.xml", xml, &err) < 0) {
		check_error(err.text);
		return 0;
	}
	struct arena *arena = arena_new();
	if (params_parse(&params, form, arena) == PARAMS_OK) {
		size_t given = render(template, &params);
		for (size_t i = 0; i < params.count; i++)
			params.items[i].value = SPAN("1");
		params.told = NULL;
		size_t plain = render(template, &params);
		size_t none = render(template, NULL);
		check(given == 0 || plain == 0 || given == plain);
		check(plain == 0 || none == 0 || plain == none);
	}
	arena_free(arena);
	template_free(template);
	return 0;
}
