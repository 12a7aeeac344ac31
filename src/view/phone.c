#include "view/phone.h"
#include "util/printable.h"

#include <libxml/parser.h>
#include <string.h>

#include "view/term.h"

/* What is being printed, how deep. */
struct view {
	FILE *out;
	const struct phone_reply *reply;
	int depth;
};

static const char *attribute(const xmlNode *node, const char *name)
{
	for (const xmlAttr *attr = node->properties; attr != NULL; attr = attr->next) {
		if (strcmp((const char *)attr->name, name) == 0)
			return attr->children != NULL
				   ? (const char *)attr->children->content
				   : "";
	}
	return NULL;
}

static bool is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE &&
	       strcmp((const char *)node->name, name) == 0;
}

/* All text of the node, as a caller hears it: SSML's tags are silent. */
static void gather_text(struct buf *out, const xmlNode *node)
{
	if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
		buf_puts(out, (const char *)node->content);
	if (node->type != XML_ELEMENT_NODE)
		return;
	for (const xmlNode *child = node->children; child != NULL; child = child->next)
		gather_text(out, child);
}

/* --- messages --- */

static void bubble_lines(FILE *out, const char *mark, struct span text)
{
	struct buf clean = {0};
	printable_text(&clean, text, true);
	struct span rest = buf_span(&clean);
	do {
		size_t end = span_find(rest, '\n');
		(void)fprintf(out, "│ %s%.*s\n", mark, SPAN_ARG(span_head(rest, end)));
		rest = span_from(rest, end < rest.len ? end + 1 : end);
	} while (rest.len > 0);
	buf_free(&clean);
}

static void open_bubble(const struct view *view, const char *from, const char *to)
{
	(void)fputs("╭─ ", view->out);
	if (from != NULL)
		term_print(view->out, span_of(from), false);
	else
		term_print(view->out, view->reply->from, false);
	if (to != NULL) {
		(void)fputs(" to ", view->out);
		term_print(view->out, span_of(to), false);
	}
	(void)fputc('\n', view->out);
}

static void show_message(const struct view *view, const xmlNode *node)
{
	open_bubble(view, attribute(node, "from"), attribute(node, "to"));
	for (const xmlNode *child = node->children; child != NULL;
	     child = child->next) {
		struct buf text = {0};
		gather_text(&text, child);
		struct span trimmed = span_trim(buf_span(&text));
		if (is(child, "Media"))
			bubble_lines(view->out, "[media] ", trimmed);
		else if (trimmed.len > 0)
			bubble_lines(view->out, "", trimmed);
		buf_free(&text);
	}
	(void)fputs("╰─\n", view->out);
}

/* --- calls --- */

/* "label “text”": for what is said, played, dialled. */
static void show_text(
    const struct view *view, const char *label, const xmlNode *node, bool quoted)
{
	struct buf text = {0};
	gather_text(&text, node);
	(void)fprintf(view->out, "%s %s", label, quoted ? "“" : "");
	term_print(view->out, span_trim(buf_span(&text)), false);
	(void)fputs(quoted ? "”" : "", view->out);
	buf_free(&text);
}

/* "word value" when the attribute is there. */
static void show_attribute(
    const struct view *view, const xmlNode *node, const char *name, const char *word)
{
	const char *value = attribute(node, name);
	if (value == NULL)
		return;
	(void)fputs(word, view->out);
	term_print(view->out, span_of(value), false);
}

static void show_pause(const struct view *view, const xmlNode *node)
{
	const char *length = attribute(node, "length");
	(void)fprintf(view->out, "waits ");
	term_print(view->out, span_of(length != NULL ? length : "1"), false);
	(void)fprintf(view->out, " s");
}

static void show_record(const struct view *view, const xmlNode *node)
{
	const char *beep = attribute(node, "playBeep");
	const char *length = attribute(node, "maxLength");
	if (beep == NULL || strcmp(beep, "false") != 0)
		(void)fprintf(view->out, "beep, ");
	(void)fprintf(view->out, "records up to ");
	term_print(view->out, span_of(length != NULL ? length : "3600"), false);
	(void)fprintf(view->out, " s");
	show_attribute(view, node, "action", ", then goes on at ");
	if (attribute(node, "action") == NULL)
		(void)fprintf(view->out, ", then this document again");
}

static void show_gather(const struct view *view, const xmlNode *node)
{
	const char *input = attribute(node, "input");
	bool speech = input != NULL && strstr(input, "speech") != NULL;
	(void)fprintf(view->out, "listens for %s", speech ? "speech" : "keys");
	show_attribute(view, node, "numDigits", ", digits ");
	show_attribute(view, node, "timeout", ", seconds ");
	show_attribute(view, node, "action", ", then goes on at ");
}

static void show_other(const struct view *view, const xmlNode *node)
{
	(void)fputc('<', view->out);
	term_print(view->out, span_of((const char *)node->name), false);
	for (const xmlAttr *attr = node->properties; attr != NULL; attr = attr->next) {
		(void)fputc(' ', view->out);
		term_print(view->out, span_of((const char *)attr->name), false);
		(void)fputc('=', view->out);
		term_print(view->out,
		    span_of(attribute(node, (const char *)attr->name)), false);
	}
	show_text(view, ">", node, false);
}

/* How a verb is shown: what it does, its text, then its attributes; or by a function. */
static const struct verb {
	const char *name, *label;

	enum { NO_TEXT, TEXT, QUOTED } text;

	struct {
		const char *name, *word;
	} attributes[4]; /* ends with a row without a name */

	void (*show)(const struct view *view, const xmlNode *node);
} verbs[] = {
    {"Say", "says", QUOTED,
	.attributes = {{"voice", "  voice "}, {"language", "  language "},
	    {"loop", "  times "}}},
    {"Play", "plays", TEXT, .attributes = {{"digits", "keys "}}},
    {"Pause", .show = show_pause},
    {"Record", .show = show_record},
    {"Gather", .show = show_gather},
    {"Dial", "dials", TEXT, .attributes = {{"callerId", "  as "}}},
    {"Redirect", "goes on at", .text = TEXT},
    {"Hangup", .label = "hangs up"},
    {"Reject", .label = "rejects the call", .attributes = {{"reason", ": "}}},
    {.show = show_other},
};

static void show_verb(const struct view *view, const xmlNode *node)
{
	const struct verb *verb = verbs;
	while (verb->name != NULL && !is(node, verb->name))
		verb++;
	(void)fprintf(view->out, "%*s", 2 * view->depth, "");
	if (verb->show != NULL)
		verb->show(view, node);
	else if (verb->text == NO_TEXT)
		(void)fputs(verb->label, view->out);
	else
		show_text(view, verb->label, node, verb->text == QUOTED);
	for (int i = 0; verb->attributes[i].name != NULL; i++)
		show_attribute(
		    view, node, verb->attributes[i].name, verb->attributes[i].word);
	(void)fputc('\n', view->out);
	if (!is(node, "Gather"))
		return;
	struct view below = *view;
	below.depth++;
	for (const xmlNode *child = node->children; child != NULL;
	     child = child->next) {
		if (child->type == XML_ELEMENT_NODE)
			show_verb(&below, child);
	}
}

/* --- the whole --- */

static bool show_response(const struct view *view, const xmlNode *root)
{
	size_t count = 0;
	if (!is(root, "Response")) {
		(void)fprintf(view->out,
		    "(not TwiML: its root is <%s>; Twilio: error 12102)\n",
		    (const char *)root->name);
		return false;
	}
	for (const xmlNode *node = root->children; node != NULL; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		count++;
		if (is(node, "Message"))
			show_message(view, node);
		else
			show_verb(view, node);
	}
	if (count == 0)
		(void)fprintf(view->out, view->reply->call && !view->reply->callback
					     ? "(no verbs: the call ends)\n"
					     : "(no reply)\n");
	return true;
}

static bool show_xml(const struct view *view)
{
	struct span body = view->reply->body;
	xmlDoc *doc = xmlReadMemory(body.ptr, (int)body.len, "reply.xml", NULL,
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
		XML_PARSE_NOCDATA);
	const xmlNode *root = doc == NULL ? NULL : xmlDocGetRootElement(doc);
	bool readable = false;
	if (root == NULL) {
		(void)fprintf(
		    view->out, "(not well-formed XML; Twilio: error 12100)\n");
		term_print(view->out, body, true);
		(void)fputc('\n', view->out);
	} else {
		readable = show_response(view, root);
	}
	xmlFreeDoc(doc);
	return readable;
}

static void show_plain(const struct view *view)
{
	if (view->reply->call) {
		(void)fprintf(view->out, "says “");
		term_print(view->out, view->reply->body, false);
		(void)fprintf(view->out, "”\nhangs up\n");
		return;
	}
	open_bubble(view, NULL, NULL);
	bubble_lines(view->out, "", view->reply->body);
	(void)fprintf(view->out, "╰─ (Twilio sends a text/plain reply as a message)\n");
}

static bool type_is(struct span type, const char *name)
{
	return span_ieq(span_media_type(type), span_of(name));
}

bool phone_show(FILE *out, const struct phone_reply *reply)
{
	struct view view = {out, reply, 0};
	bool xml = type_is(reply->type, "text/xml") ||
		   type_is(reply->type, "application/xml") ||
		   type_is(reply->type, "text/html");
	if (reply->status < 200 || reply->status > 299) {
		term_print(out,
		    span_trim(span_head(
			reply->body, reply->body.len > 2000 ? 2000 : reply->body.len)),
		    true);
		(void)fprintf(out, "%s", reply->body.len > 0 ? "\n" : "");
	} else if (reply->body.len == 0 || reply->status == 204) {
		(void)fprintf(out, "(no reply)\n");
	} else if (xml) {
		return show_xml(&view);
	} else if (type_is(reply->type, "text/plain")) {
		show_plain(&view);
	} else if (reply->call && span_istarts(reply->type, SPAN("audio/"))) {
		(void)fprintf(out, "plays the reply\nhangs up\n");
	} else {
		(void)fprintf(
		    out, "(Twilio does not take this Content-Type: error 12300)\n");
		term_print(out, reply->body, true);
		(void)fputc('\n', out);
		return false;
	}
	return true;
}
