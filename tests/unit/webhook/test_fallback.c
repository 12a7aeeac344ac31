/* The reply in place of the handler's, for each kind of event and route. */
#include "test.h"

#include "webhook/fallback.h"

#include "twilio/template.h"
#include "webhook_fixture.h"

#define SILENT  "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>"
#define APOLOGY "Please call again later."

static int own_text(struct webhook *webhook, enum fallback fallback, struct error *err)
{
	(void)err;
	buf_puts(&webhook->out, fallback == FALLBACK_CALL ? "<Own call/>" : "<Own/>");
	return 0;
}

static int own_that_fails(
    struct webhook *webhook, enum fallback fallback, struct error *err)
{
	(void)fallback;
	buf_puts(&webhook->out, "<half");
	return error_set(err, "too long");
}

static void expect(const struct route *route, enum event_kind kind, const char *form,
    int status, const char *body)
{
	struct arena *arena = arena_new();
	struct webhook webhook = {.route = route, .arena = arena, .event.kind = kind};
	assert_int_equal(
	    params_parse(&webhook.params, span_of(form), arena), PARAMS_OK);
	buf_puts(&webhook.out, "what the handler had begun");
	fallback_reply(&webhook);
	assert_int_equal(webhook.reply.status, status);
	const char *got = arena_strndup(arena, webhook.reply.body);
	if (strstr(got, body) == NULL || strstr(got, "had begun") != NULL ||
	    strstr(got, "half") != NULL)
		fail_msg("%s: \"%s\" has no \"%s\"", event_kind_name(kind), got, body);
	buf_free(&webhook.out);
	arena_free(arena);
}

static const struct {
	enum event_kind kind;
	const char *form;
	int usual; /* of a route without texts of its own */
	const char *usual_body;
	int own; /* of a route that has some */
	const char *own_body, *failing_body;
} rows[] = {
    {EVENT_SMS_RECEIVED, "", 200, SILENT, 200, "<Own/>", SILENT},
    {EVENT_CALL_RECEIVED, "", 200, APOLOGY, 200, "<Own call/>", APOLOGY},
    {EVENT_CALL_ACTION, "", 200, APOLOGY, 200, "<Own call/>", APOLOGY},
    {EVENT_SMS_STATUS, "", 204, "", 204, "", ""},
    {EVENT_CALL_STATUS, "CallSid=CA1", 204, "", 204, "", ""},
    {EVENT_RECORDING_STATUS, "CallSid=CA1", 204, "", 204, "", ""},
    {EVENT_TRANSCRIPTION, "CallSid=CA1", 204, "", 204, "", ""},
    {EVENT_OTHER, "", 500, "the handler failed", 200, "<Own/>", SILENT},
    {EVENT_OTHER, "CallSid=CA1", 500, "the handler failed", 200, "<Own call/>",
	APOLOGY},
    {EVENT_JSON, "", 500, "the handler failed", 200, "<Own/>", SILENT},
};

TEST(each_kind_has_its_fallback)
{
	static const struct route usual = {.path = "/"};
	static const struct route own = {.path = "/", .fall_back = own_text};
	static const struct route failing = {.path = "/", .fall_back = own_that_fails};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect(&usual, rows[i].kind, rows[i].form, rows[i].usual,
		    rows[i].usual_body);
		expect(&own, rows[i].kind, rows[i].form, rows[i].own, rows[i].own_body);
		expect(&failing, rows[i].kind, rows[i].form, rows[i].own,
		    rows[i].failing_body);
	}
}

TEST(the_routes_template_comes_first_unless_it_cannot_be_written)
{
	struct template *template = NULL;
	struct error err;
	assert_int_equal(
	    template_parse(&template, TWIML_MESSAGING, "fallback",
		SPAN("<Response><Message>Sorry, {{Body}}</Message></Response>"), &err),
	    0);
	const struct route route = {.path = "/", .fallback = template};
	expect(&route, EVENT_SMS_RECEIVED, "Body=x", 200, "Sorry, x");
	expect(&route, EVENT_OTHER, "Body=x", 200, "Sorry, x");
	template_free(template);
	assert_int_equal(
	    template_parse(&template, TWIML_MESSAGING, "fallback",
		SPAN("<Response><Message>{{Body}}</Message></Response>"), &err),
	    0);
	const struct route empty = {.path = "/", .fallback = template};
	expect(&empty, EVENT_SMS_RECEIVED, "", 200, SILENT);
	template_free(template);
}
