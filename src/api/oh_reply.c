/* oh_reply -- offhook.h: answers other than a tree of TwiML (which is oh_twiml.c). */
#include "api/context.h"
#include "twilio/template.h"
#include "util/buf.h"

static bool reply_line_is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
			return false;
	return true;
}

/* What Twilio makes of a body of that type, where it reads TwiML; NULL: what its sender
 * means, which is only a recording to play. docs/twilio.md, "Replies" */
static const char *reply_misread(const oh_event *event, struct span type)
{
	bool is_call = event->kind != OH_MESSAGE;
	if (is_call && span_istarts(type, SPAN("audio/")))
		return NULL;
	if (type.len == 0)
		return "refuses a body without a content type";
	if (span_ieq(type, SPAN("text/plain")))
		return is_call ? "reads text/plain to the caller, and hangs up"
			       : "sends text/plain to the sender, as a message";
	if (span_ieq(type, SPAN("text/html")))
		return "takes text/html for TwiML";
	if (span_ieq(type, SPAN("text/xml")) || span_ieq(type, SPAN("application/xml")))
		return "reads XML unchecked";
	return "refuses other types (error 12300)";
}

static void reply_set(
    oh_event *event, int status, const char *content_type, struct span body)
{
	oh_context *context = &event->context;
	/* Twilio reads no other answer's body. */
	bool is_read = status >= 200 && status <= 299 && status != 204 && body.len > 0;
	const char *misread = NULL;
	if (is_read && event_wants_twiml(event))
		misread = reply_misread(event, span_media_type(span_of(content_type)));
	if (status < 200 || status > 599)
		context_fail(context,
		    "oh_reply: %d is no status (200 to 599) to answer with", status);
	else if (content_type != NULL && !reply_line_is_plain(content_type))
		context_fail(context, "oh_reply: the content type is not plain ASCII");
	else if (misread != NULL)
		context_fail(context,
		    "oh_reply: the answer must be TwiML here: Twilio %s; use the verbs "
		    "(%s) or oh_reply_xml, which are checked, or status 204 for no "
		    "answer",
		    misread, event->kind == OH_MESSAGE ? "oh_message" : "oh_say …");
	else
		event->answer = (struct event_answer){
		    .status = status,
		    .content_type = arena_copy(context->arena, span_of(content_type)),
		    .body = arena_copy(context->arena, body),
		};
}

void oh_reply(oh_event *event, int status, const char *content_type, const char *body)
{
	reply_set(event, status, content_type, span_of(body));
}

void oh_reply_raw(oh_event *event, int status, const char *content_type,
    const char *bytes, size_t len)
{
	reply_set(event, status, content_type, (struct span){bytes, len});
}

void oh_reply_xml(oh_event *event, const char *xml)
{
	struct params params = {0};
	struct template *template = NULL;
	struct buf text = {0};
	struct error err;
	oh_context *context = &event->context;
	if (xml == NULL) {
		context_fail(context, "oh_reply_xml: the text is NULL");
		return;
	}
	params.count = event->frame->param_count;
	params.items =
	    arena_alloc(event->context.arena, params.count * sizeof(*params.items));
	for (size_t i = 0; i < params.count; i++)
		params.items[i] = (struct pair){
		    event->frame->params[i].name, event->frame->params[i].value};
	if (template_parse(&template, event_language(event), "oh_reply_xml",
		span_of(xml), &err) < 0 ||
	    template_render(template, &params, &text, &err) < 0)
		context_fail(context, "%s", err.text);
	else
		event->answer = (struct event_answer){
		    .status = 200,
		    .content_type = SPAN("text/xml; charset=utf-8"),
		    .body = arena_copy(event->context.arena, buf_span(&text)),
		};
	const char *warning;
	for (size_t n = 0;
	     template != NULL && (warning = template_warning(template, n)) != NULL; n++)
		twiml_warn(context->twiml, warning);
	template_free(template);
	buf_free(&text);
}
