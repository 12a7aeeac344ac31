#include "webhook/origin.h"

/* Proxies append to these headers, so that the first element is the client's own. */
static struct span first_of_list(struct span value)
{
	return span_trim(span_head(value, span_find(value, ',')));
}

static struct span prefixed(struct span prefix, struct span target, struct arena *arena)
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
		out->target = prefixed(config->public_prefix, request->target, arena);
		return;
	}
	out->scheme = request->tls ? SPAN("https") : SPAN("http");
	out->host = request_header(request, "Host");
	out->target = request->target;
	if (!proxies_trust(config->proxies, &request->peer))
		return;
	struct span scheme =
	    first_of_list(request_header(request, "X-Forwarded-Proto"));
	struct span host = first_of_list(request_header(request, "X-Forwarded-Host"));
	if (span_ieq(scheme, SPAN("https")) || span_ieq(scheme, SPAN("http")))
		out->scheme = scheme;
	if (host.len > 0)
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
