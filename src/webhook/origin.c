#include "webhook/origin.h"

#include "http/head.h"

/* Proxies append to these headers, so the first element is about the client. */
static struct span origin_first(struct span value)
{
	return span_trim(span_head(value, span_find(value, ',')));
}

/* The value of one parameter of RFC 7239's header, without its quotes:
 * for=192.0.2.60;proto=https;host="a.example:443" */
static struct span origin_forwarded(struct span element, const char *name)
{
	while (element.len > 0) {
		struct span pair = span_head(element, span_find(element, ';'));
		element = span_from(
		    element, pair.len < element.len ? pair.len + 1 : pair.len);
		size_t equals = span_find(pair, '=');
		struct span value = span_trim(
		    span_from(pair, equals < pair.len ? equals + 1 : pair.len));
		if (!span_ieq(span_trim(span_head(pair, equals)), span_of(name)))
			continue;
		if (value.len > 1 && value.ptr[0] == '"' &&
		    value.ptr[value.len - 1] == '"')
			value = (struct span){value.ptr + 1, value.len - 2};
		return value;
	}
	return (struct span){0};
}

static struct span origin_prefixed(
    struct span prefix, struct span target, struct arena *arena)
{
	if (prefix.len == 0)
		return target;
	char *joined = arena_alloc(arena, prefix.len + target.len);
	memcpy(joined, prefix.ptr, prefix.len);
	memcpy(joined + prefix.len, target.ptr, target.len);
	return (struct span){joined, prefix.len + target.len};
}

void origin_read(struct origin *out, const struct config *config,
    const struct request *request, struct arena *arena)
{
	if (config->public_url != NULL) {
		out->scheme = config->public_scheme;
		out->host = config->public_host;
		out->target =
		    origin_prefixed(config->public_prefix, request->target, arena);
		return;
	}
	out->scheme = request->tls ? SPAN("https") : SPAN("http");
	out->host = request_header(request, "Host");
	out->target = request->target;
	if (!proxies_trust(config->proxies, &request->peer))
		return;
	struct span scheme = origin_first(request_header(request, "X-Forwarded-Proto"));
	struct span host = origin_first(request_header(request, "X-Forwarded-Host"));
	struct span forwarded = origin_first(request_header(request, "Forwarded"));
	if (forwarded.len > 0) {
		scheme = origin_forwarded(forwarded, "proto");
		host = origin_forwarded(forwarded, "host");
	}
	if (span_ieq(scheme, SPAN("https")))
		out->scheme = SPAN("https");
	else if (span_ieq(scheme, SPAN("http")))
		out->scheme = SPAN("http");
	if (head_host_valid(host))
		out->host = host;
}

struct span origin_base_url(
    const struct config *config, const struct request *request, struct arena *arena)
{
	struct origin origin;
	if (config->public_url != NULL)
		return span_of(config->public_url);
	origin_read(&origin, config, request, arena);
	if (origin.host.len == 0)
		return (struct span){0};
	return span_of(arena_printf(
	    arena, "%.*s://%.*s", SPAN_ARG(origin.scheme), SPAN_ARG(origin.host)));
}
