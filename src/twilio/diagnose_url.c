#include "twilio/diagnose_url.h"

#include <string.h>

#include "util/buf.h"

/* One variant of a part of the URL. The first of a list is the part as it was received. */
struct form {
	struct span text;
	const char *cause; /* NULL: as received */
	const char *why;
	bool guessed; /* not worth combining with another target */
};

enum { FORMS = 16 };

struct forms {
	struct form items[FORMS];
	size_t count;
};

static void add(
    struct forms *forms, struct span text, const char *cause, const char *why)
{
	if (text.ptr == NULL || forms->count == FORMS)
		return;
	for (size_t i = 0; i < forms->count; i++)
		if (span_eq(forms->items[i].text, text))
			return;
	forms->items[forms->count++] = (struct form){
	    text, cause, why, cause != NULL && strcmp(cause, "port") == 0};
}

static void add_schemes(struct forms *out, const struct signed_request *request)
{
	add(out, request->scheme, NULL, NULL);
	bool websocket = span_istarts(request->scheme, SPAN("ws"));
	if (span_ieq(request->scheme, SPAN("https")))
		add(out, SPAN("http"), "scheme", "Twilio calls it by http");
	else if (!span_ieq(request->scheme, SPAN("wss")))
		add(out, websocket ? SPAN("wss") : SPAN("https"), "scheme",
		    websocket ? "your proxy strips TLS" : "your proxy strips https");
	if (websocket) {
		add(out, SPAN("https"), "scheme", "Twilio calls it by https");
		return;
	}
	/* A handshake is a GET, and nothing is posted. */
	if (request->params == NULL && request->body.len == 0)
		add(out, SPAN("wss"), "scheme", "Twilio opens it as a WebSocket");
}

/* The first of a list to which each proxy appends. */
static struct span first_host(struct span list)
{
	if (list.ptr == NULL)
		return list;
	struct span host = span_trim(span_head(list, span_find(list, ',')));
	return host.len > 0 ? host : (struct span){0};
}

static void add_hosts(struct forms *out, const struct signed_request *request,
    const struct diagnose_hints *hints, struct arena *arena)
{
	static const char *const ports[] = {
	    "80", "443", "8080", "8443", "8000", "3000", "5000"};
	struct span host = request->host;
	add(out, host, NULL, NULL);
	add(out, first_host(hints->forwarded_host), "host",
	    "the name Twilio calls stands in X-Forwarded-Host");
	add(out, first_host(hints->host), "host",
	    "the name Twilio calls stands in the Host header");
	size_t bracket = host.len;
	while (bracket > 0 && host.ptr[bracket - 1] != ']')
		bracket--;
	size_t bare = bracket + span_find(span_from(host, bracket), ':');
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		add(out,
		    span_of(arena_printf(
			arena, "%.*s:%s", SPAN_ARG(span_head(host, bare)), ports[i])),
		    "port", "Twilio calls another port");
}

/* The query with every `from` replaced by `to`, which has at most 3 bytes. */
static struct span query_rewrite(
    struct span target, struct span from, struct span to, struct arena *arena)
{
	size_t mark = span_find(target, '?');
	char *copy = arena_alloc(arena, target.len * 3 + 1);
	char *at = copy;
	for (size_t i = 0; i < target.len;) {
		bool here = i > mark && span_starts(span_from(target, i), from);
		struct span piece = here ? to : (struct span){target.ptr + i, 1};
		memcpy(at, piece.ptr, piece.len);
		at += piece.len;
		i += here ? from.len : 1;
	}
	return (struct span){copy, (size_t)(at - copy)};
}

/* The query, decoded and encoded again as a form; or absent. */
static struct span query_decoded(struct span target, struct arena *arena)
{
	size_t mark = span_find(target, '?');
	struct params whole;
	struct span form = query_rewrite(target, SPAN("&"), SPAN("%26"), arena);
	form = query_rewrite(form, SPAN("="), SPAN("%3D"), arena);
	if (mark == target.len ||
	    params_parse(&whole, span_from(form, mark + 1), arena) != PARAMS_OK ||
	    whole.count != 1)
		return (struct span){0};
	return span_of(arena_printf(arena, "%.*s%.*s",
	    SPAN_ARG(span_head(target, mark + 1)), SPAN_ARG(whole.items[0].name)));
}

static struct span toggle_slash(struct span target, struct arena *arena)
{
	size_t path = span_find(target, '?');
	struct span query = span_from(target, path);
	bool slash = path > 0 && target.ptr[path - 1] == '/';
	return span_of(arena_printf(arena, "%.*s%s%.*s",
	    SPAN_ARG(span_head(target, slash ? path - 1 : path)), slash ? "" : "/",
	    SPAN_ARG(query)));
}

/* The prefix that the public URL adds to the target. */
static struct span prefix_of(
    const struct signed_request *request, const struct diagnose_hints *hints)
{
	struct span target = request->target;
	struct span raw = hints->raw_target;
	if (raw.ptr == NULL || raw.len > target.len ||
	    !span_eq(span_from(target, target.len - raw.len), raw))
		return SPAN("");
	return span_head(target, target.len - raw.len);
}

static void add_targets(struct forms *out, const struct signed_request *request,
    const struct diagnose_hints *hints, struct arena *arena)
{
	static const char recoded[] =
	    "something on the way writes the query differently; "
	    "let it pass the URL through as it is";
	struct span target = request->target;
	add(out, target, NULL, NULL);
	add(out, hints->raw_target, "prefix",
	    "the path prefix of --public-url is one too many, as your proxy does not "
	    "take it off or Twilio's URL does not have it");
	add(out, toggle_slash(target, arena), "slash",
	    "give Twilio this server's URL with the same slash at the end of its path, "
	    "and let no proxy add or drop it");
	add(out, span_head(target, span_find(target, '?')), "query",
	    "Twilio's URL has no query; something on the way adds one");
	add(out, query_rewrite(target, SPAN("+"), SPAN("%20"), arena), "query",
	    recoded);
	add(out, query_rewrite(target, SPAN("%20"), SPAN("+"), arena), "query",
	    recoded);
	add(out, query_decoded(target, arena), "query", recoded);
}

static const char *url_advice(const struct signed_request *changed,
    const struct form *const forms[3], struct span prefix, struct arena *arena)
{
	size_t path = span_find(changed->target, '?');
	const char *query = path < changed->target.len ? "?…" : "";
	bool prefix_differs =
	    forms[2]->cause != NULL && strcmp(forms[2]->cause, "prefix") == 0;
	bool origin_differs =
	    forms[0]->cause != NULL || forms[1]->cause != NULL || prefix_differs;
	struct buf text = {0};
	buf_printf(&text, "the signature matches for %.*s://%.*s%.*s%s",
	    SPAN_ARG(changed->scheme), SPAN_ARG(changed->host),
	    SPAN_ARG(span_head(changed->target, path)), query);
	const char *join = ": ";
	for (size_t i = 0; i < 3; i++) {
		if (forms[i]->why == NULL)
			continue;
		buf_printf(&text, "%s%s", join, forms[i]->why);
		join = "; ";
	}
	if (origin_differs)
		buf_printf(&text, "; set --public-url %.*s://%.*s%.*s",
		    SPAN_ARG(changed->scheme), SPAN_ARG(changed->host),
		    SPAN_ARG(prefix_differs ? SPAN("") : prefix));
	const char *advice = arena_strdup(arena, buf_text(&text));
	buf_free(&text);
	return advice;
}

bool diagnose_matches(struct verifier *verifier, const struct signed_request *request)
{
	struct arena *scratch = arena_new();
	bool matches = verifier_check(verifier, request, scratch);
	arena_free(scratch);
	return matches;
}

/* Nearest first: number 0 is as received, then other schemes, hosts and targets. */
bool diagnose_url(struct diagnosis *out, struct verifier *verifier,
    const struct signed_request *request, const struct diagnose_hints *hints,
    struct arena *arena)
{
	struct forms schemes = {.count = 0};
	struct forms hosts = {.count = 0};
	struct forms targets = {.count = 0};
	add_schemes(&schemes, request);
	add_hosts(&hosts, request, hints, arena);
	add_targets(&targets, request, hints, arena);
	size_t total = schemes.count * hosts.count * targets.count;
	for (size_t i = 1; i < total; i++) {
		const struct form *const forms[3] = {
		    &schemes.items[i % schemes.count],
		    &hosts.items[i / schemes.count % hosts.count],
		    &targets.items[i / schemes.count / hosts.count],
		};
		if (forms[1]->guessed && forms[2]->cause != NULL)
			continue;
		struct signed_request changed = *request;
		changed.scheme = forms[0]->text;
		changed.host = forms[1]->text;
		changed.target = forms[2]->text;
		if (!diagnose_matches(verifier, &changed))
			continue;
		size_t first = 0;
		while (first < 2 && forms[first]->cause == NULL)
			first++;
		out->cause = forms[first]->cause;
		out->advice =
		    url_advice(&changed, forms, prefix_of(request, hints), arena);
		return true;
	}
	return false;
}
