#include "test.h"

#include <libxml/parser.h>
#include <stdlib.h>

#include "twilio/template.h"
#include "twilio/twiml.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"
#include "util/utf8.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

/* Renders xml with the form's parameters into out; err is filled on -1. */
static int render(enum twiml_kind kind, const char *xml, struct span form,
    struct buf *out, struct error *err)
{
	struct arena *arena = arena_new();
	struct params params;
	struct template *template = NULL;
	assert_int_equal(params_parse(&params, form, arena), PARAMS_OK);
	int result = template_parse(&template, kind, "t.xml", span_of(xml), err);
	if (result == 0)
		result = template_render(template, &params, out, err);
	template_free(template);
	arena_free(arena);
	return result;
}

struct rendered {
	enum twiml_kind kind;
	const char *xml, *form, *want; /* want after HEAD */
};

static void expect_rendered(const struct rendered *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buf out = {0};
		struct error err = {""};
		if (render(cases[i].kind, cases[i].xml, span_of(cases[i].form), &out,
			&err) < 0)
			fail_msg("%s: %s", cases[i].xml, err.text);
		assert_memory_equal(out.ptr, HEAD, sizeof(HEAD) - 1);
		assert_string_equal(out.ptr + sizeof(HEAD) - 1, cases[i].want);
		buf_free(&out);
	}
}

TEST(placeholders_become_escaped_parameters)
{
	static const struct rendered cases[] = {
	    {TWIML_MESSAGING, "<Response/>", "", "<Response/>"},
	    {TWIML_MESSAGING, "<Response><Message>Hi {{From}}!</Message></Response>",
		"From=%2B1555&From=2",
		"<Response><Message>Hi +1555!</Message></Response>"},
	    {TWIML_MESSAGING,
		"<Response><Message>{{ Body }}{{Nothing}}</Message></Response>",
		"Body=%3C/Message%3E%26%00%FF",
		"<Response><Message>&lt;/Message&gt;&amp;\uFFFD</Message></Response>"},
	    {TWIML_MESSAGING,
		"<Response><Message to='{{From}}'>&lt;&#x7b;</Message></Response>",
		"From=%22%20x=%22%0A",
		"<Response><Message to=\"&quot; x=&quot;&#10;\">&lt;{"
		"</Message></Response>"},
	    {TWIML_MESSAGING,
		"<Response><Message><Body>{{Body}}</Body><Media>{{M}}</Media></Message></Response>",
		"M=https://x/%26",
		"<Response><Message><Body></Body><Media>https://x/&amp;</Media>"
		"</Message></Response>"},
	    {TWIML_VOICE,
		"<Response><Gather action='/a?{{A}}&amp;b={{B}}'/></Response>",
		"A=1&B=%26",
		"<Response><Gather action=\"/a?1&amp;b=&amp;\"/></Response>"},
	    {TWIML_VOICE, "<Response><Play loop='{{A}}'>{{B}}</Play></Response>",
		"A=3&B=u", "<Response><Play loop=\"3\">u</Play></Response>"},
	    {TWIML_VOICE,
		"<Response><Enqueue><Task>{\"a\": {\"b\": \"{{C}}\"}}</Task>"
		"</Enqueue></Response>",
		"C=d",
		"<Response><Enqueue><Task>{\"a\": {\"b\": \"d\"}}</Task></Enqueue></Response>"},
	    {TWIML_VOICE, "<Response><Refer><Sip>{{A}}</Sip></Refer></Response>",
		"A=sip:a", "<Response><Refer><Sip>sip:a</Sip></Refer></Response>"},
	};
	expect_rendered(cases, sizeof(cases) / sizeof(cases[0]));
}

TEST(layout_is_left_out_and_text_kept)
{
	static const struct rendered cases[] = {
	    {TWIML_MESSAGING,
		"<?xml version='1.0'?>\n<!-- a -->\n<Response>\n\t<Message>\n\t\tTwo\n  lines\n\t"
		"</Message>\n</Response>\n",
		"", "<Response><Message>Two\n  lines</Message></Response>"},
	    {TWIML_MESSAGING, "<Response><Message> a </Message> </Response>", "",
		"<Response><Message> a </Message></Response>"},
	    {TWIML_MESSAGING,
		"<Response><Message>a<!-- b -->c<?d e?>{{<!-- -->F}}</Message>"
		"</Response>",
		"F=f", "<Response><Message>acf</Message></Response>"},
	    {TWIML_MESSAGING,
		"<Response><Message><![CDATA[<b> & ]]>c</Message></Response>", "",
		"<Response><Message>&lt;b&gt; &amp; c</Message></Response>"},
	    {TWIML_MESSAGING,
		"<Response><Message>\n<Body>a</Body> <Media>b</Media>\n</Message>"
		"</Response>",
		"",
		"<Response><Message><Body>a</Body><Media>b</Media></Message></Response>"},
	    {TWIML_VOICE,
		"<Response><Say>\n Press\n <emphasis>one</emphasis> <w>or</w>\n two\n "
		"</Say></Response>",
		"",
		"<Response><Say>Press <emphasis>one</emphasis> <w>or</w> two</Say></Response>"},
	    {TWIML_VOICE,
		"<Response><Say><lang xml:lang='de-DE'>\n Hallo\n</lang></Say>"
		"</Response>",
		"",
		"<Response><Say><lang xml:lang=\"de-DE\">Hallo</lang></Say></Response>"},
	    {TWIML_VOICE,
		"<Response><Dial>\n 123\n <Number>4</Number></Dial></Response>", "",
		"<Response><Dial>123<Number>4</Number></Dial></Response>"},
	};
	expect_rendered(cases, sizeof(cases) / sizeof(cases[0]));
}

TEST(a_wrong_template_is_refused_with_file_line_and_reason)
{
	static const struct {
		enum twiml_kind kind;
		const char *xml;
		const char *want; /* without the reason where libxml2 words it */
	} cases[] = {
	    {TWIML_MESSAGING, "", "t.xml:1: no <Response> in it"},
	    {TWIML_MESSAGING, "<Response>\n<Message>&</Message></Response>",
		"t.xml:2: "},
	    {TWIML_MESSAGING, "\n<?xml version='1.0'?><Response/>", "t.xml:2: "},
	    {TWIML_MESSAGING, "<!DOCTYPE a [<!ENTITY b 'c'>]>\n<Response/>",
		"t.xml:1: a DOCTYPE has no place in TwiML; take it out"},
	    {TWIML_MESSAGING, "<Response>&b;</Response>", "t.xml:1: "},
	    {TWIML_MESSAGING, "<response/>",
		"t.xml:1: the root is <response>; TwiML's is <Response>"},
	    {TWIML_MESSAGING, "<Response xmlns='a'/>",
		"t.xml:1: <Response> is in a namespace; TwiML has none"},
	    {TWIML_MESSAGING, "<Response>\n\n<Message>\n<Say/></Message></Response>",
		"t.xml:4: <Say> is not allowed in <Message>: it is voice TwiML, this is messaging "
		"TwiML"},
	    {TWIML_VOICE, "<Response>\nHello</Response>",
		"t.xml:1: <Response> takes no text"},
	    {TWIML_VOICE, "<Response>{{A}}</Response>",
		"t.xml:1: <Response> takes no text"},
	    {TWIML_VOICE, "<Response>\n<say>x</say></Response>",
		"t.xml:2: <say> in <Response>: TwiML has no such element; did you mean <Say>?"},
	    {TWIML_VOICE, "<Response>\n<Say loop='x'>y</Say></Response>",
		"t.xml:2: <Say> loop: \"x\" is not a whole number"},
	    {TWIML_VOICE, "<Response>\n<Say Loop='1'>y</Say></Response>",
		"t.xml:2: <Say> has no attribute \"Loop\"; did you mean \"loop\"?"},
	    {TWIML_VOICE, "<Response><Say>{{From</Say></Response>",
		"t.xml:1: \"{{\" without \"}}\""},
	    {TWIML_VOICE, "<Response><Say loop='{{}}'>x</Say></Response>",
		"t.xml:1: {{}} is not the name of a parameter, as {{From}} is"},
	    {TWIML_VOICE, "<Response><Say>{{a b}}</Say></Response>",
		"t.xml:1: {{a b}} is not the name of a parameter, as {{From}} is"},
	    {TWIML_MESSAGING, "<Response>\n<Message/></Response>",
		"t.xml:2: a <Message> is empty; give it text or <Media> (Twilio's error 14103)"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = {0};
		struct error err = {""};
		assert_int_equal(
		    render(cases[i].kind, cases[i].xml, SPAN(""), &out, &err), -1);
		size_t len = strlen(cases[i].want);
		assert_true(strlen(err.text) >= len);
		if (cases[i].want[len - 1] == ' ')
			err.text[len] = '\0';
		assert_string_equal(err.text, cases[i].want);
		assert_int_equal(out.len, 0);
		buf_free(&out);
	}
}

TEST(what_placeholders_give_is_checked_when_rendered)
{
	static const struct {
		enum twiml_kind kind;
		const char *xml, *form, *want;
	} cases[] = {
	    {TWIML_VOICE, "<Response><Say loop='{{A}}'>x</Say></Response>", "A=secret",
		"<Say> loop: its placeholders gave a value not allowed there"},
	    {TWIML_VOICE, "<Response><Gather action='{{A}}'/></Response>", "",
		"<Gather> action: its placeholders gave a value not allowed there"},
	    {TWIML_VOICE, "<Response><Gather action='/{{A}}/'/></Response>", "A=+",
		"<Gather> action: its placeholders gave a value not allowed there"},
	    {TWIML_MESSAGING, "<Response><Message>{{A}}</Message></Response>",
		"A=%01&B=1",
		"a <Message> is empty: its placeholders gave no text (Twilio's error 14103)"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = {0};
		struct error err = {""};
		buf_puts(&out, "before");
		assert_int_equal(render(cases[i].kind, cases[i].xml,
				     span_of(cases[i].form), &out, &err),
		    -1);
		assert_string_equal(err.text, cases[i].want);
		assert_string_equal(out.ptr, "before");
		buf_free(&out);
	}
}

/* A form of so many é and so many x, and what their places in a <Message> get. */
TEST(values_are_cut_so_that_a_message_has_1600_characters)
{
	static const struct {
		size_t literal, first, second;
		size_t want_first, want_second; /* letters, "…" not counted */
	} cases[] = {
	    {10, 1590, 0, 1590, 0},
	    {10, 1591, 0, 1589, 0},
	    {10, 1500, 90, 1500, 90},
	    {10, 1500, 91, 1500, 89},
	    {10, 2000, 5, 1589, 0},
	    {1599, 1, 1, 1, 0},
	    {1599, 2, 1, 0, 0},
	    {1600, 5, 5, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf xml = {0};
		struct buf form = {0};
		struct buf out = {0};
		struct error err = {""};
		size_t got_first = 0;
		size_t got_second = 0;
		buf_puts(&xml, "<Response><Message><Body>{{A}}</Body>");
		for (size_t n = 0; n < cases[i].literal; n++)
			buf_puts(&xml, "&amp;");
		buf_puts(&xml, "{{B}}</Message></Response>");
		buf_puts(&form, "A=");
		for (size_t n = 0; n < cases[i].first; n++)
			buf_puts(&form, "%C3%A9");
		buf_puts(&form, "&B=");
		for (size_t n = 0; n < cases[i].second; n++)
			buf_puts(&form, "x");
		assert_int_equal(
		    render(TWIML_MESSAGING, xml.ptr, buf_span(&form), &out, &err), 0);
		xmlDoc *doc =
		    xmlReadMemory(out.ptr, (int)out.len, NULL, NULL, XML_PARSE_NONET);
		xmlChar *text = xmlNodeGetContent(xmlDocGetRootElement(doc));
		assert_true(utf8_count(span_of((const char *)text)) <= 1600);
		for (const char *at = (const char *)text; *at != '\0'; at++) {
			got_first += *at == '\xC3';
			got_second += *at == 'x';
		}
		assert_int_equal(got_first, cases[i].want_first);
		assert_int_equal(got_second, cases[i].want_second);
		xmlFree(text);
		xmlFreeDoc(doc);
		buf_free(&xml);
		buf_free(&form);
		buf_free(&out);
	}
}

TEST(each_message_has_room_of_its_own)
{
	struct buf form = {0};
	struct buf out = {0};
	struct error err = {""};
	buf_puts(&form, "A=");
	for (size_t n = 0; n < 1600; n++)
		buf_puts(&form, "x");
	assert_int_equal(
	    render(TWIML_MESSAGING,
		"<Response><Message>{{A}}</Message><Message>{{A}}</Message>"
		"<Message>!{{A}}</Message></Response>",
		buf_span(&form), &out, &err),
	    0);
	size_t letters = 0;
	for (size_t i = sizeof(HEAD) - 1; i < out.len; i++)
		letters += out.ptr[i] == 'x';
	assert_int_equal(letters, 1600 + 1600 + 1598);
	assert_non_null(strstr(out.ptr, "x\u2026</Message></Response>"));
	buf_free(&form);
	buf_free(&out);
}

TEST(limits_hold_when_parsed_and_when_rendered)
{
	struct buf xml = {0};
	struct buf form = {0};
	struct buf out = {0};
	struct error err = {""};
	buf_puts(&xml, "<Response><Message>{{A}}");
	for (size_t n = 0; n < 1601; n++)
		buf_puts(&xml, "y");
	buf_puts(&xml, "</Message></Response>");
	assert_int_equal(render(TWIML_MESSAGING, xml.ptr, SPAN(""), &out, &err), -1);
	assert_non_null(strstr(err.text, "t.xml:1: a <Message> has 1601 characters"));
	buf_puts(&form, "A=");
	for (size_t n = 0; n < 40000; n++)
		buf_puts(&form, "x");
	assert_int_equal(
	    render(TWIML_VOICE, "<Response><Say>{{A}}{{A}}</Say></Response>",
		buf_span(&form), &out, &err),
	    -1);
	assert_non_null(strstr(err.text, "11750"));
	assert_int_equal(out.len, 0);
	assert_int_equal(render(TWIML_VOICE, "<Response><Say>{{A}}</Say></Response>",
			     buf_span(&form), &out, &err),
	    0);
	buf_free(&xml);
	buf_free(&form);
	buf_free(&out);
}

TEST(no_parameters_at_all_is_fine)
{
	struct template *template = NULL;
	struct error err = {""};
	struct buf out = {0};
	assert_int_equal(template_parse(&template, TWIML_VOICE, "t.xml",
			     SPAN("<Response><Say>{{A}}.</Say></Response>"), &err),
	    0);
	assert_int_equal(template_render(template, NULL, &out, &err), 0);
	assert_string_equal(out.ptr, HEAD "<Response><Say>.</Say></Response>");
	template_free(template);
	template_free(NULL);
	buf_free(&out);
}

TEST(the_built_in_apps_templates_are_right)
{
	static const struct {
		const char *file;
		enum twiml_kind kind;
		const char *want;
	} cases[] = {
	    {"sms.xml", TWIML_MESSAGING,
		"<Response><Message>Thanks for your message! We received: \"Hi &amp; bye\""
		"</Message></Response>"},
	    {"sms-fallback.xml", TWIML_MESSAGING, "<Response/>"},
	    {"voice.xml", TWIML_VOICE,
		"<Response><Say voice=\"alice\">Hello! Thank you for calling. Please leave a "
		"message after the beep.</Say><Record maxLength=\"60\" "
		"action=\"/twilio/voice/recording\" "
		"recordingStatusCallback=\"/twilio/voice/recording\" transcribe=\"true\" "
		"transcribeCallback=\"/twilio/voice/transcription\"/>"
		"<Say>We did not receive a recording. Goodbye.</Say></Response>"},
	    {"voice-recorded.xml", TWIML_VOICE,
		"<Response><Say voice=\"alice\">Thank you for your message. Goodbye.</Say>"
		"<Hangup/></Response>"},
	    {"voice-fallback.xml", TWIML_VOICE,
		"<Response><Say voice=\"alice\">We are sorry, something went wrong. Please call "
		"again later.</Say><Hangup/></Response>"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = mem_printf(
		    "%s/../../data/templates/%s", TEST_DATA_DIR, cases[i].file);
		size_t len;
		char *xml = text_read_file(path, 65536, &len);
		assert_non_null(xml);
		const struct rendered rendered = {
		    cases[i].kind, xml, "Body=Hi+%26+bye", cases[i].want};
		expect_rendered(&rendered, 1);
		free(xml);
		free(path);
	}
}

int main(void)
{
	log_setup(LOG_TEXT, LOG_ERROR);
	int failed = test_run();
	xmlCleanupParser();
	return failed;
}

/* faults 5.13 */
TEST(a_query_that_is_not_sorted_is_a_warning_with_its_line)
{
	static const struct {
		const char *xml, *want;
	} rows[] = {
	    {"<Response>\n<Record action='/x?b=1&amp;a=2'/></Response>",
		"t.xml:2: <Record> action: the URL's query is not sorted"},
	    {"<Response><Redirect>/x?b=1&amp;a=2</Redirect></Response>",
		"t.xml:1: <Redirect>: the URL's query is not sorted"},
	    {"<Response><Record action='/x?a=1&amp;b=2'/></Response>", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct template *template;
		struct error err;
		assert_int_equal(template_parse(&template, TWIML_VOICE, "t.xml",
				     span_of(rows[i].xml), &err),
		    0);
		const char *warning = template_warning(template, 0);
		if (rows[i].want == NULL)
			assert_null(warning);
		else
			assert_true(warning != NULL &&
				    strstr(warning, rows[i].want) == warning);
		template_free(template);
	}
}
