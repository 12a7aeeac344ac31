#include "doctor/drift.h"

#include <string.h>

/* One thing that Twilio calls for a number. */
struct drift_call {
	const char *what; /* "messages" */
	const char *url, *method, *fallback;
	const char *want;    /* NULL: nothing is served for it */
	const char *instead; /* an application's or trunk's SID that counts; "": none */
	bool needed;         /* nobody gets them when it leads nowhere */
};

/* The URL up to its fragment and query. */
static struct span drift_path(const char *url)
{
	return (struct span){url, strcspn(url, "?#")};
}

static bool drift_is_here(const struct served *served, const char *url)
{
	struct span base = span_of(served->base), text = span_of(url);
	return span_istarts(text, base) &&
	       (text.len == base.len || strchr("/?#", text.ptr[base.len]) != NULL);
}

/* The same host, by another scheme or below another path. */
static bool drift_is_host(const struct served *served, const char *url)
{
	const char *here = strstr(served->base, "://"), *there = strstr(url, "://");
	if (here == NULL || there == NULL)
		return false;
	struct span a = {here + 3, strcspn(here + 3, "/?#")};
	struct span b = {there + 3, strcspn(there + 3, "/?#")};
	return span_ieq(a, b);
}

static const char *drift_mend(struct findings *findings, const struct number *number)
{
	return arena_printf(findings->arena,
	    "`offhook setup --set-number %s` sets it, or do so in the Twilio Console",
	    number->number);
}

static bool drift_served(const struct served *served, const struct drift_call *call)
{
	const struct route *other;
	struct span path = span_from(drift_path(call->url), strlen(served->base));
	struct span method =
	    call->method[0] != '\0' ? span_of(call->method) : SPAN("POST");
	return route_find(served->routes, path, method, &other) != NULL;
}

static void drift_judge_here(struct findings *findings, const struct served *served,
    const struct number *number, const struct drift_call *call)
{
	const char *mend = drift_mend(findings, number);
	if (!drift_served(served, call))
		findings_add(findings, FINDING_ERROR, "number", mend,
		    "%s: %s go to %s %s, which is not served here", number->number,
		    call->what, call->method, call->url);
	else if (strstr(call->url, "#rc=") == NULL && strstr(call->url, "&rc=") == NULL)
		findings_add(findings, FINDING_WARNING, "number", mend,
		    "%s: %s come here, but without " ROUTE_OVERRIDES
		    ", by which Twilio tries again when this server was away",
		    number->number, call->what);
	else if (call->needed && call->fallback[0] == '\0')
		findings_add(findings, FINDING_WARNING, "number", mend,
		    "%s: %s come here; there is no fallback URL", number->number,
		    call->what);
	else
		findings_add(findings, FINDING_OK, "number", NULL, "%s: %s come here",
		    number->number, call->what);
}

static void drift_judge_call(struct findings *findings, const struct served *served,
    const struct number *number, const struct drift_call *call)
{
	const char *mend = drift_mend(findings, number);
	if (call->want == NULL)
		return;
	if (call->instead[0] != '\0')
		findings_add(findings, FINDING_WARNING, "number",
		    "take the application or trunk off the number in the Console, if "
		    "they are to come here",
		    "%s: %s go to %s, whatever URL is set", number->number, call->what,
		    call->instead);
	else if (drift_is_here(served, call->url))
		drift_judge_here(findings, served, number, call);
	else if (call->url[0] == '\0')
		findings_add(findings, call->needed ? FINDING_ERROR : FINDING_WARNING,
		    "number", mend, "%s: Twilio is told no URL for %s", number->number,
		    call->what);
	else
		findings_add(findings,
		    drift_is_host(served, call->url) ? FINDING_ERROR : FINDING_WARNING,
		    "number", mend, "%s: %s go to %s instead of %s", number->number,
		    call->what, call->url, call->want);
}

static bool drift_is_ours(const struct served *served, const struct number *number)
{
	const char *const urls[] = {
	    number->sms_url, number->voice_url, number->status_callback};
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		if (drift_is_host(served, urls[i]))
			return true;
	return false;
}

static void drift_judge_number(
    struct findings *findings, const struct served *served, const struct number *number)
{
	const struct drift_call calls[] = {
	    {"messages", number->sms_url, number->sms_method, number->sms_fallback_url,
		served->urls.sms, number->sms_application, true},
	    {"calls", number->voice_url, number->voice_method,
		number->voice_fallback_url, served->urls.voice,
		number->trunk[0] != '\0' ? number->trunk : number->voice_application,
		true},
	    {"changes of a call's status", number->status_callback,
		number->status_callback_method, "", served->urls.status,
		number->trunk[0] != '\0' ? number->trunk : number->voice_application,
		false},
	};
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		drift_judge_call(findings, served, number, &calls[i]);
}

void drift_judge(struct findings *findings, const struct served *served,
    const struct numbers *numbers)
{
	size_t ours = 0;
	for (size_t i = 0; i < numbers->count; i++)
		if (drift_is_ours(served, &numbers->rows[i])) {
			drift_judge_number(findings, served, &numbers->rows[i]);
			ours++;
		}
	if (numbers->count == 0)
		findings_add(findings, FINDING_WARNING, "number",
		    "buy one in the Twilio Console, or give the credentials of the "
		    "account that has it",
		    "the account has no phone number");
	else if (ours == 0)
		findings_add(findings, FINDING_ERROR, "number",
		    "`offhook setup --set-number +1…` with the one that is to lead here",
		    "none of the account's %zu numbers leads to %s", numbers->count,
		    served->base);
	else if (ours < numbers->count)
		findings_add(findings, FINDING_OK, "number", NULL,
		    "%zu other numbers of the account lead elsewhere",
		    numbers->count - ours);
}
