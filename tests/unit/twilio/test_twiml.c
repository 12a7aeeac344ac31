#include "test.h"
#include <libxml/parser.h>

#include "twilio/twiml.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

struct build {
	enum twiml_kind kind;
	void (*fill)(struct twiml *twiml, struct twiml_node *root);
	const char *want; /* after HEAD; NULL: refused */
	const char *note; /* the error, or the first warning, or NULL */
};

static void build_nothing(struct twiml *twiml, struct twiml_node *root)
{
	assert_int_equal(twiml_size(twiml), 0);
	twiml_text(root, SPAN(""));
	twiml_text(root, (struct span){0});
}

static void build_message(struct twiml *twiml, struct twiml_node *root)
{
	struct twiml_node *message = twiml_add(root, "Message");
	twiml_attr(message, "to", SPAN("+15551234567"));
	twiml_attr(message, "from", (struct span){0});
	twiml_text(message, SPAN("</Message><Message to=\"+1900\">\"Tom & Eve's\""));
	assert_int_equal(twiml_size(twiml), 1);
}

static void build_media(struct twiml *twiml, struct twiml_node *root)
{
	struct twiml_node *message = twiml_add(root, "Message");
	(void)twiml;
	twiml_text(twiml_add(message, "Body"), SPAN("Hi"));
	twiml_text(twiml_add(message, "Media"), SPAN("https://x/a?b&c"));
}

/* Children may be added to any element at any time, attributes after children. */
static void build_gather(struct twiml *twiml, struct twiml_node *root)
{
	struct twiml_node *gather = twiml_add(root, "Gather");
	struct twiml_node *say = twiml_add(root, "Say");
	struct twiml_node *menu = twiml_add(gather, "Say");
	twiml_text(say, SPAN("We got nothing."));
	twiml_text(menu, SPAN("Press "));
	twiml_attr(twiml_add(menu, "break"), "strength", SPAN("weak"));
	twiml_text(menu, SPAN("one"));
	twiml_attr_int(gather, "numDigits", 2);
	twiml_attr(gather, "input", SPAN("dtmf speech"));
	twiml_attr_bool(gather, "bargeIn", false);
	twiml_attr_int(gather, "numDigits", 1);
	twiml_attr(gather, "finishOnKey", SPAN(""));
	assert_int_equal(twiml_size(twiml), 2);
}

static void build_open_value(struct twiml *twiml, struct twiml_node *root)
{
	struct twiml_node *say = twiml_add(root, "Say");
	(void)twiml;
	twiml_attr(say, "voice", SPAN("Polly.Nobody"));
	twiml_text(say, SPAN("x"));
}

static void build_unknown_attribute(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	twiml_attr_any(twiml_add(root, "Hangup"), "newThing", SPAN("\"1\t<"));
}

static void build_empty_say(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	(void)twiml_add(root, "Say");
}

static void build_digits(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	twiml_attr(twiml_add(root, "Play"), "digits", SPAN("1w2"));
}

static void build_refer(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	twiml_text(twiml_add(twiml_add(root, "Refer"), "Sip"), SPAN("sip:a@b.example"));
}

static void build_say_in_message(struct twiml *twiml, struct twiml_node *root)
{
	struct twiml_node *stray = twiml_add(twiml_add(root, "Message"), "Say");
	(void)twiml;
	twiml_attr(stray, "nothing", SPAN("is checked after the first mistake"));
	twiml_text(twiml_add(stray, "Nor"), SPAN("here"));
	twiml_attr_any(stray, "", SPAN("x"));
}

static void build_record_in_dial(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	(void)twiml_add(twiml_add(root, "Dial"), "Record");
}

static void build_ssml_outside_say(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	(void)twiml_add(root, "phoneme");
}

static void build_wrong_case(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	(void)twiml_add(root, "gather");
}

static void build_misspelt(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	(void)twiml_add(root, "Recrod");
}

static void build_unheard_of(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	(void)twiml_add(root, "Teleport");
}

static void build_wrong_attribute(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	twiml_attr(twiml_add(root, "Gather"), "numdigits", SPAN("1"));
}

static void build_wrong_enum(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	twiml_attr(twiml_add(root, "Gather"), "method", SPAN("post"));
}

static void build_wrong_list(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	twiml_attr(twiml_add(root, "Gather"), "input", SPAN("dtmf,speech"));
}

static void build_wrong_integer(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	twiml_attr(twiml_add(root, "Say"), "loop", SPAN("two\n"));
}

static void build_negative(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	twiml_attr_int(twiml_add(root, "Pause"), "length", -1);
}

static void build_text_in_gather(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	twiml_text(twiml_add(root, "Gather"), SPAN("Press one"));
}

static void build_empty_message(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	twiml_text(twiml_add(root, "Message"), SPAN("\x01"));
}

static void build_namespace(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	twiml_attr_any(twiml_add(root, "Hangup"), "xmlns:a", SPAN("b"));
}

static void build_bad_name(struct twiml *twiml, struct twiml_node *root)
{
	(void)twiml;
	twiml_attr_any(twiml_add(root, "Hangup"), "a=\"\" b", SPAN("c"));
}

static void build_failed(struct twiml *twiml, struct twiml_node *root)
{
	twiml_fail(twiml, "a document is %s", "NULL");
	twiml_fail(twiml, "a second mistake");
	(void)twiml_add(root, "Nothing");
}

static const struct build builds[] = {
    {TWIML_MESSAGING, build_nothing, "<Response/>", NULL},
    {TWIML_MESSAGING, build_message,
	"<Response><Message to=\"+15551234567\">&lt;/Message&gt;&lt;Message "
	"to=\"+1900\"&gt;\"Tom &amp; Eve's\"</Message></Response>",
	NULL},
    {TWIML_MESSAGING, build_media,
	"<Response><Message><Body>Hi</Body><Media>https://x/a?b&amp;c</Media>"
	"</Message></Response>",
	NULL},
    {TWIML_VOICE, build_gather,
	"<Response><Gather numDigits=\"1\" input=\"dtmf speech\" bargeIn=\"false\" "
	"finishOnKey=\"\"><Say>Press <break strength=\"weak\"/>one</Say></Gather>"
	"<Say>We got nothing.</Say></Response>",
	NULL},
    {TWIML_VOICE, build_open_value,
	"<Response><Say voice=\"Polly.Nobody\">x</Say></Response>",
	"<Say> voice: \"Polly.Nobody\" is not among the values Twilio documents"},
    {TWIML_VOICE, build_unknown_attribute,
	"<Response><Hangup newThing=\"&quot;1&#9;&lt;\"/></Response>",
	"<Hangup> newThing: not in the TwiML table"},
    {TWIML_VOICE, build_empty_say, "<Response><Say/></Response>", "<Say> is empty"},
    {TWIML_VOICE, build_digits, "<Response><Play digits=\"1w2\"/></Response>", NULL},
    {TWIML_VOICE, build_refer,
	"<Response><Refer><Sip>sip:a@b.example</Sip></Refer></Response>", NULL},
    {TWIML_MESSAGING, build_say_in_message, NULL,
	"<Say> is not allowed in <Message>: it is voice TwiML, this is messaging TwiML"},
    {TWIML_VOICE, build_record_in_dial, NULL,
	"<Record> is not allowed in <Dial>: it goes in <Response>"},
    {TWIML_VOICE, build_ssml_outside_say, NULL,
	"<phoneme> is not allowed in <Response>: it goes in <Say>, <emphasis>, <lang>, "
	"<p>, <prosody>, <s>, <w>"},
    {TWIML_VOICE, build_wrong_case, NULL,
	"<gather> in <Response>: TwiML has no such element; did you mean <Gather>?"},
    {TWIML_VOICE, build_misspelt, NULL,
	"<Recrod> in <Response>: TwiML has no such element; did you mean <Record>?"},
    {TWIML_VOICE, build_unheard_of, NULL,
	"<Teleport> in <Response>: TwiML has no such element"},
    {TWIML_VOICE, build_wrong_attribute, NULL,
	"<Gather> has no attribute \"numdigits\"; did you mean \"numDigits\"?"},
    {TWIML_VOICE, build_wrong_enum, NULL,
	"<Gather> method: \"post\" is not one of GET, POST"},
    {TWIML_VOICE, build_wrong_list, NULL,
	"<Gather> input: \"dtmf,speech\" is not one of dtmf, speech"},
    {TWIML_VOICE, build_wrong_integer, NULL,
	"<Say> loop: \"two?\" is not a whole number"},
    {TWIML_VOICE, build_negative, NULL, "<Pause> length: \"-1\" is not a whole number"},
    {TWIML_VOICE, build_text_in_gather, NULL, "<Gather> takes no text"},
    {TWIML_MESSAGING, build_empty_message, NULL,
	"a <Message> is empty; give it text or <Media> (Twilio's error 14103)"},
    {TWIML_VOICE, build_namespace, NULL,
	"<Hangup>: \"xmlns:a\" cannot be an attribute's name"},
    {TWIML_VOICE, build_bad_name, NULL,
	"<Hangup>: \"a=\"\" b\" cannot be an attribute's name"},
    {TWIML_VOICE, build_failed, NULL, "a document is NULL"},
};

TEST(the_builder_writes_what_twilio_takes_and_refuses_the_rest)
{
	for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++) {
		struct arena *arena = arena_new();
		struct twiml *twiml = twiml_new(builds[i].kind, arena);
		struct buf out = {0};
		struct error err = {""};
		builds[i].fill(twiml, twiml_root(twiml));
		int result = twiml_close(twiml, &out, &err);
		const char *note = result < 0 ? err.text : twiml_warning(twiml, 0);
		assert_int_equal(result, builds[i].want != NULL ? 0 : -1);
		if (result == 0) {
			assert_memory_equal(out.ptr, HEAD, sizeof(HEAD) - 1);
			assert_string_equal(out.ptr + sizeof(HEAD) - 1, builds[i].want);
		}
		assert_int_equal(note != NULL, builds[i].note != NULL);
		if (note != NULL)
			assert_string_equal(note, builds[i].note);
		assert_null(twiml_warning(twiml, 1));
		buf_free(&out);
		arena_free(arena);
	}
}

/* A voice document of so many messages, characters in each and media in each, or so
 * many bytes in all; the characters are 2 bytes long. */
struct size_case {
	size_t messages, chars, media, bytes;
	const char *want; /* part of the error; NULL: accepted */
};

static void fill_size(struct twiml *twiml, const struct size_case *c)
{
	for (size_t m = 0; m < c->messages; m++) {
		struct twiml_node *message = twiml_add(twiml_root(twiml), "Message");
		struct twiml_node *body =
		    m % 2 == 0 ? message : twiml_add(message, "Body");
		for (size_t i = 0; i < c->chars; i++)
			twiml_text(i % 2 == 0 ? message : body, SPAN("\xC3\xA9"));
		for (size_t i = 0; i < c->media; i++)
			twiml_text(twiml_add(message, "Media"), SPAN("https://x/"));
	}
}

TEST(the_limits_are_twilios)
{
	static const struct size_case cases[] = {
	    {1, 1600, 0, 0, NULL},
	    {2, 1601, 0, 0, "1601 characters"},
	    {1, 1, 10, 0, NULL},
	    {1, 0, 10, 0, NULL},
	    {1, 1, 11, 0, "11 <Media>"},
	    {1, 0, 0, 0, "empty"},
	    {10, 1, 0, 0, NULL},
	    {11, 1, 0, 0, "more than 10 <Message>"},
	    {0, 0, 0, 65536, NULL},
	    {0, 0, 0, 65537, "has 65537 bytes; Twilio takes at most 65536"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct size_case *c = &cases[i];
		struct arena *arena = arena_new();
		struct twiml *twiml =
		    twiml_new(c->bytes > 0 ? TWIML_VOICE : TWIML_MESSAGING, arena);
		struct buf out = {0};
		struct error err = {""};
		fill_size(twiml, c);
		if (c->bytes > 0) {
			size_t frame =
			    sizeof(HEAD "<Response><Say></Say></Response>") - 1;
			struct twiml_node *say = twiml_add(twiml_root(twiml), "Say");
			for (size_t n = frame; n < c->bytes; n++)
				twiml_text(say, SPAN("x"));
		}
		assert_int_equal(
		    twiml_close(twiml, &out, &err), c->want == NULL ? 0 : -1);
		assert_int_equal(out.len > 0, c->want == NULL);
		if (c->want != NULL && strstr(err.text, c->want) == NULL)
			fail_msg("got \"%s\", want \"%s\"", err.text, c->want);
		buf_free(&out);
		arena_free(arena);
	}
}

TEST(deep_nesting_needs_no_stack)
{
	struct arena *arena = arena_new();
	struct twiml *twiml = twiml_new(TWIML_VOICE, arena);
	struct twiml_node *node = twiml_add(twiml_root(twiml), "Say");
	struct buf out = {0};
	struct error err;
	for (int i = 0; i < 20000; i++)
		node = twiml_add(node, "lang");
	assert_int_equal(twiml_close(twiml, &out, &err), -1);
	assert_non_null(strstr(err.text, "11750"));
	buf_free(&out);
	arena_free(arena);
}

/* What stands in text, in an attribute, and what a parser reads; NULL: as in text. */
struct escape {
	struct span input;
	const char *text, *attribute, *read;
};

static void expect_read(const struct escape *e)
{
	const char *want = e->read != NULL ? e->read : e->text;
	struct buf out = {0};
	buf_puts(&out, "<a b=\"");
	twiml_escape(&out, e->input, true);
	buf_puts(&out, "\">");
	twiml_escape(&out, e->input, false);
	buf_puts(&out, "</a>");
	xmlDoc *doc = xmlReadMemory(out.ptr, (int)out.len, NULL, NULL, XML_PARSE_NONET);
	assert_non_null(doc);
	const xmlNode *root = xmlDocGetRootElement(doc);
	xmlChar *text = xmlNodeGetContent(root);
	xmlChar *attribute = xmlGetProp(root, (const xmlChar *)"b");
	assert_string_equal((const char *)text, want);
	assert_string_equal((const char *)attribute, want);
	xmlFree(text);
	xmlFree(attribute);
	xmlFreeDoc(doc);
	buf_free(&out);
}

TEST(escapes_give_the_text_back)
{
	const struct escape escapes[] = {
	    {SPAN(""), "", NULL, NULL},
	    {SPAN("&<>"), "&amp;&lt;&gt;", NULL, "&<>"},
	    {SPAN("a\"b'c"), "a\"b'c", "a&quot;b&apos;c", NULL},
	    {SPAN("]]>&amp;"), "]]&gt;&amp;amp;", NULL, "]]>&amp;"},
	    {SPAN("\t\n\r\n "), "\t\n&#13;\n ", "&#9;&#10;&#13;&#10; ", "\t\n\r\n "},
	    {SPAN("a\0\x01\x1Fz\x7F"), "az\x7F", NULL, NULL},
	    {SPAN("é€😀"), "é€😀", NULL, NULL},
	    {SPAN("a\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD"), "a\uFFFD", NULL, NULL},
	    {SPAN("\xFFx\xC3"), "\uFFFDx\uFFFD", NULL, NULL},
	    {SPAN("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD", NULL, NULL},
	};
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		struct buf out = {0};
		twiml_escape(&out, escapes[i].input, false);
		assert_string_equal(buf_text(&out), escapes[i].text);
		buf_clear(&out);
		twiml_escape(&out, escapes[i].input, true);
		assert_string_equal(buf_text(&out), escapes[i].attribute != NULL
							? escapes[i].attribute
							: escapes[i].text);
		buf_free(&out);
		expect_read(&escapes[i]);
	}
}

int main(void)
{
	int failed = test_run();
	xmlCleanupParser();
	return failed;
}

/* faults 5.13: Twilio sorts a query after signing it */
TEST(a_query_of_ours_that_is_not_sorted_is_a_warning)
{
	static const struct {
		const char *element, *attribute, *url;
		bool want;
	} rows[] = {
	    {"Gather", "action", "/menu?b=1&a=2", true},
	    {"Gather", "action", "menu?b=1&a=2", true},
	    {"Gather", "action", "?b&a", true},
	    {"Gather", "action", "https://h.io/menu?b=1&a=2", true},
	    {"Gather", "action", "https://H.IO/menu?b=1&a=2#rc=2", true},
	    {"Gather", "action", "//h.io/menu?b=1&a=2", true},
	    {"Gather", "action", "https://other.io/menu?b=1&a=2", false},
	    {"Gather", "action", "https://h.io:8443/menu?b=1&a=2", false},
	    {"Gather", "action", "https://h.io.evil/menu?b=1&a=2", false},
	    {"Gather", "action", "/menu?a=2&b=1", false},
	    {"Gather", "action", "/menu?a=2&a=1", false},
	    {"Gather", "action", "/menu?a=2&aa=1&b", false},
	    {"Gather", "action", "/menu?to=http://h.io/&url=x", false},
	    {"Gather", "action", "/menu?a=1#?b=1&a=2", false},
	    {"Gather", "action", "/menu", false},
	    {"Gather", "partialResultCallback", "/menu?b=1&a=2", true},
	    {"Record", "recordingStatusCallback", "/menu?b=1&a=2", true},
	    {"Record", "transcribeCallback", "/menu?b=1&a=2", true},
	    {"Redirect", NULL, "/menu?b=1&a=2", true},
	    {"Redirect", NULL, "/menu?a=1&b=2", false},
	    {"Play", NULL, "/music?b=1&a=2", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new();
		struct twiml *twiml = twiml_new(TWIML_VOICE, arena);
		twiml_base(twiml, SPAN("https://h.io/prefix"));
		struct twiml_node *node = twiml_add(twiml_root(twiml), rows[i].element);
		if (rows[i].attribute != NULL)
			twiml_attr(node, rows[i].attribute, span_of(rows[i].url));
		else
			twiml_text(node, span_of(rows[i].url));
		const char *warning = twiml_warning(twiml, 0);
		if ((warning != NULL) != rows[i].want)
			fail_msg("<%s> %s: %s", rows[i].element, rows[i].url, warning);
		if (i == 0)
			assert_string_equal(warning,
			    "<Gather> action: the URL's query is not sorted by name (b "
			    "before a): Twilio signs it so and sorts it then, and the "
			    "signature will not match; write it sorted");
		arena_free(arena);
	}
}
