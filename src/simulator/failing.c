#include "simulator/failing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engines/engines.h"
#include "store/store.h"

void failing_add(struct failing *failing, const struct client_request *request,
    const struct client_reply *reply)
{
	bool good = reply->status >= 200 && reply->status <= 299;
	failing->sent++;
	if (!good && failing->refused++ == 0)
		failing->status = reply->status;
	if (reply->event[0] == '\0' || failing->handlers++ > 0)
		return;
	failing->late = strcmp(reply->event, "late") == 0;
	(void)snprintf(failing->first, sizeof(failing->first), "%s",
	    request->label != NULL ? request->label : "");
}

/* The newest event of that SID (of any, for a webhook without one) that went wrong since.
 * False when the store does not have it. */
static bool failing_find(const struct failing *failing, struct store_reader *reader,
    int64_t since_ms, struct error *why)
{
	struct store_event event;
	struct store_event_query query = {.sid = span_of(failing->first),
	    .by_state = true,
	    .state = failing->late ? EVENT_LATE : EVENT_FAILED,
	    .limit = 1,
	    .newest_first = true};
	if (query.sid.len == 0)
		query.sid = (struct span){0};
	struct store_events *events = store_events_open(reader, &query);
	bool found = store_events_next(events, &event, why) == 1 &&
		     event.failure.len > 0 &&
		     (query.sid.len > 0 || event.received_at_ms >= since_ms);
	if (found)
		(void)error_set(why, "%.*s", SPAN_ARG(event.failure));
	store_events_close(events);
	return found;
}

static int failing_handler(const struct failing *failing, const char *data,
    int64_t since_ms, struct error *err)
{
	struct store_reader *reader = NULL;
	struct error why;
	char many[64] = "";
	bool told = data != NULL &&
		    store_reader_open(&reader, engines_for(data), data, &why) == 0 &&
		    failing_find(failing, reader, since_ms, &why);
	store_reader_close(reader);
	if (failing->sent > 1)
		(void)snprintf(many, sizeof(many), " for %" PRId64 " of %" PRId64,
		    failing->handlers, failing->sent);
	return error_set(err,
	    "the handler %s%s: %s; what went out is the route's fallback reply",
	    failing->late ? "was late" : "failed", many,
	    told ? why.text : "`offhook events --state failed` says why");
}

int failing_explain(const struct failing *failing, const char *data, int64_t since_ms,
    struct error *err)
{
	if (failing->handlers > 0)
		return failing_handler(failing, data, since_ms, err);
	if (failing->refused > 0)
		return error_set(err,
		    "answered %d: Twilio takes every status but 2xx for a failure (error "
		    "11200), and calls the fallback URL if there is one",
		    failing->status);
	if (failing->misread)
		return error_set(err, "Twilio cannot read the reply");
	return 0;
}
