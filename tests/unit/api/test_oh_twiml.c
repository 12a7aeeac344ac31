/* oh_twiml: the verbs of offhook.h give the XML they say. */
#include "test.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>

#include "api/context.h"
#include "api/oh_twiml.h"
#include "api/verbs_table.h"
#include "util/container.h"
#include "verbs_calls.h"

/* A reply as handlers get it, and its end: the XML, or "! " and the mistake. */
struct reply {
	struct arena *arena;
	struct oh_context context;
	struct oh_twiml root;
	struct buf xml;
};

static void reply_open(struct reply *reply, enum twiml_kind kind)
{
	*reply = (struct reply){.arena = arena_new()};
	reply->context.arena = reply->arena;
	reply->context.twiml = twiml_new(kind, reply->arena);
	reply->root = (struct oh_twiml){twiml_root(reply->context.twiml), reply->arena};
}

static const char *reply_end(struct reply *reply)
{
	struct error err;
	if (twiml_close(reply->context.twiml, &reply->xml, &err) < 0) {
		buf_puts(&reply->xml, "! ");
		buf_puts(&reply->xml, err.text);
	}
	return buf_text(&reply->xml);
}

static void reply_close(struct reply *reply)
{
	arena_free(reply->arena);
	buf_free(&reply->xml);
}

/* What stands in <Response>. */
static const char *inside(const char *xml)
{
	static char text[1024];
	const char *start = strstr(xml, "<Response>");
	if (start == NULL)
		return xml;
	start += strlen("<Response>");
	const char *end = strstr(start, "</Response>");
	(void)snprintf(text, sizeof(text), "%.*s", (int)(end - start), start);
	return text;
}

/* The last element at the end of the line of only children. */
static xmlNode *innermost(xmlDoc *doc)
{
	xmlNode *node = xmlDocGetRootElement(doc);
	for (xmlNode *child = xmlFirstElementChild(node); child != NULL;
	     child = xmlFirstElementChild(child))
		node = child;
	return node;
}

static void assert_attributes(
    xmlDoc *doc, const xmlNode *node, const struct verb_value *values)
{
	size_t count = 0;
	char name[80];
	for (const xmlAttr *a = node->properties; a != NULL; a = a->next, count++) {
		(void)snprintf(name, sizeof(name), "%s%s", a->ns != NULL ? "xml:" : "",
		    (const char *)a->name);
		assert_non_null(values[count].name);
		assert_string_equal(name, values[count].name);
		xmlChar *value = xmlNodeListGetString(doc, a->children, 1);
		assert_string_equal((const char *)value, values[count].value);
		xmlFree(value);
	}
	assert_null(values[count].name);
}

TEST(every_verb_arrives_with_all_its_attributes)
{
	char text[160];
	for (const struct verb_call *call = verb_calls; call->function != NULL;
	     call++) {
		struct reply reply;
		reply_open(&reply, call->messaging ? TWIML_MESSAGING : TWIML_VOICE);
		call->call(&reply.root);
		const char *xml = reply_end(&reply);
		xmlDoc *doc =
		    xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET);
		if (doc == NULL)
			fail_msg("oh_%s: %s", call->function, xml);
		xmlNode *node = innermost(doc);
		assert_string_equal((const char *)node->name, call->element);
		assert_attributes(doc, node, call->values);
		xmlChar *content = xmlNodeGetContent(node);
		(void)snprintf(text, sizeof(text), "%s & <text>", call->element);
		assert_string_equal((const char *)content, call->text ? text : "");
		xmlFree(content);
		xmlFreeDoc(doc);
		reply_close(&reply);
	}
}

TEST(all_64_elements_and_289_attributes_are_there)
{
	size_t attributes = 0;
	for (size_t i = 0; i < verb_count; i++)
		attributes += verbs[i].member_count;
	/* Response and Redirect, which both kinds have, are one each; Redirect's only
	 * attribute is the same in both. */
	assert_int_equal(verb_count, 64 - 2);
	assert_int_equal(attributes, 289 - 1);
}

static void nested(oh_twiml *reply)
{
	oh_twiml *menu = oh_gather(reply, .numDigits = 1, .action = "/menu");
	oh_twiml *say = oh_say(menu, "Press ", .voice = "alice");
	oh_say_as(say, "1", .interpret_as = "digits");
	oh_break_(say, .time = "1s");
	oh_text(say, "now");
}

static void unset_zero_and_false(oh_twiml *reply)
{
	oh_dial(reply, "1", .timeout = 0, .hangupOnStar = OH_UNSET, .callerId = NULL);
	oh_dial(reply, "2", .timeout = OH_ZERO, .hangupOnStar = OH_NO, .callerId = "");
	oh_dial(reply, "3", .timeout = OH_INT(0), .hangupOnStar = OH_BOOL(0));
	oh_dial(reply, "4", .timeout = OH_INT(7), .hangupOnStar = OH_BOOL(7));
}

static void strangers_text(oh_twiml *reply)
{
	oh_say(reply, "%s%n</Say><Hangup/>&");
	oh_textf(reply, "%s", "");
	struct reply *whole = container_of(reply, struct reply, root);
	oh_say(reply, oh_format(&whole->context, "%s, %d", "100%s", 5));
	oh_textf(oh_say(reply, NULL), "<%d>", 7);
	oh_text_raw(oh_say(reply, NULL), "a\0b", 3);
}

static void reserved_names(oh_twiml *reply)
{
	oh_prompt(reply, .for_ = "security-code");
	oh_lang(oh_say(reply, NULL), "oui", .xml_lang = "fr-FR");
	oh_refer_sip(oh_refer(reply), "sip:a@b.example");
	oh_twiml_enqueue(reply, "support");
}

static void unknown_attribute(oh_twiml *reply)
{
	oh_attr(oh_say(reply, "Hi"), "mood", "<good>");
}

TEST(a_reply_reads_as_it_was_written)
{
	static const struct {
		void (*call)(oh_twiml *reply);
		const char *want;
	} rows[] = {
	    {nested,
		"<Gather action=\"/menu\" numDigits=\"1\"><Say voice=\"alice\">Press "
		"<say-as interpret-as=\"digits\">1</say-as><break time=\"1s\"/>now</Say>"
		"</Gather>"},
	    {unset_zero_and_false,
		"<Dial>1</Dial>"
		"<Dial callerId=\"\" hangupOnStar=\"false\" timeout=\"0\">2</Dial>"
		"<Dial hangupOnStar=\"false\" timeout=\"0\">3</Dial>"
		"<Dial hangupOnStar=\"true\" timeout=\"7\">4</Dial>"},
	    {strangers_text,
		"<Say>%s%n&lt;/Say&gt;&lt;Hangup/&gt;&amp;</Say><Say>100%s, 5</Say>"
		"<Say>&lt;7&gt;</Say><Say>ab</Say>"},
	    {reserved_names,
		"<Prompt for=\"security-code\"/><Say><lang xml:lang=\"fr-FR\">oui</lang>"
		"</Say><Refer><Sip>sip:a@b.example</Sip></Refer><Enqueue>support</Enqueue>"},
	    {unknown_attribute, "<Say mood=\"&lt;good&gt;\">Hi</Say>"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reply reply;
		reply_open(&reply, TWIML_VOICE);
		rows[i].call(&reply.root);
		assert_string_equal(inside(reply_end(&reply)), rows[i].want);
		reply_close(&reply);
	}
}

static void wrong_enumeration(oh_twiml *reply)
{
	oh_say(oh_gather(reply, .input = "dtmf spech"), "Hi");
}

static void wrong_number(oh_twiml *reply)
{
	oh_pause(reply, .length = -1);
}

static void wrong_flag(oh_twiml *reply)
{
	oh_record(reply, .transcribe = (enum oh_flag)3);
}

static void wrong_place(oh_twiml *reply)
{
	oh_number(reply, "+15550100");
}

static void wrong_kind(oh_twiml *reply)
{
	oh_message(reply, "Hi");
}

static void response_in_response(oh_twiml *reply)
{
	oh_response(reply);
}

static void text_where_none_goes(oh_twiml *reply)
{
	oh_text(oh_hangup(reply), "bye");
}

static void nameless(oh_twiml *reply)
{
	oh_attr(oh_say(reply, "Hi"), NULL, "x");
}

static void of_a_newer_header(oh_twiml *reply)
{
	oh_element_(reply, "Sayy", "Hi", NULL, 0);
}

TEST(a_mistake_is_named)
{
	static const struct {
		void (*call)(oh_twiml *reply);
		const char *want; /* the message starts so */
	} rows[] = {
	    {wrong_enumeration,
		"! <Gather> input: \"spech\" is not one of dtmf, speech"},
	    {wrong_number, "! <Pause> length: \"-1\" is not a whole number"},
	    {wrong_flag, "! <Record> transcribe: \"3\" is not one of false, true"},
	    {wrong_place, "! <Number> is not allowed in <Response>: it goes in <Dial>"},
	    {wrong_kind,
		"! <Message> is not allowed in <Response>: it is messaging TwiML"},
	    {response_in_response, "! <Response> is not allowed in <Response>"},
	    {text_where_none_goes, "! <Hangup> takes no text"},
	    {nameless, "! <Say>: \"\" cannot be an attribute's name"},
	    {of_a_newer_header, "! <Sayy> in <Response>: TwiML has no such element"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reply reply;
		char start[160];
		reply_open(&reply, TWIML_VOICE);
		rows[i].call(&reply.root);
		/* After a mistake all goes on, quietly. */
		oh_text(oh_say(&reply.root, "x", .loop = 2), "y");
		(void)snprintf(start, sizeof(start), "%.*s", (int)strlen(rows[i].want),
		    reply_end(&reply));
		assert_string_equal(start, rows[i].want);
		reply_close(&reply);
	}
}

TEST(a_program_of_an_older_header_has_fewer_attributes)
{
	oh_say_attributes how = {.language = "en-GB", .loop = 3, .voice = "alice"};
	struct reply reply;
	reply_open(&reply, TWIML_VOICE);
	oh_element_(&reply.root, "Say", "a", &how, offsetof(oh_say_attributes, voice));
	oh_element_(
	    &reply.root, "Say", "b", &how, offsetof(oh_say_attributes, loop) + 1);
	oh_element_(&reply.root, "Say", "c", NULL, 0);
	assert_string_equal(inside(reply_end(&reply)),
	    "<Say language=\"en-GB\" loop=\"3\">a</Say>"
	    "<Say language=\"en-GB\">b</Say><Say>c</Say>");
	reply_close(&reply);
}
