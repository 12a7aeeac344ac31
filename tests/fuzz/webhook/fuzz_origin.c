/* What a proxy says of the URL counts only when the proxy is trusted, and is a scheme and a
 * host then, whatever its headers hold. The input is lines: Host, X-Forwarded-Proto,
 * X-Forwarded-Host, Forwarded, the target. */
#include <arpa/inet.h>

#include "fuzz/fuzz.h"
#include "http/head.h"
#include "webhook/origin.h"

static void set_peer(struct request *request, const char *address)
{
	struct sockaddr_in peer = {.sin_family = AF_INET};
	(void)inet_pton(AF_INET, address, &peer.sin_addr);
	memcpy(&request->peer, &peer, sizeof(peer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
	    "Host", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"};
	struct span rest = {(const char *)data, size};
	struct pair headers[4];
	struct request request = {.headers = headers};
	struct config config = {.proxies = proxies_new()};
	struct arena *arena = arena_new();
	struct origin origin;
	for (size_t i = 0; i < 4; i++) {
		struct span value = next_line(&rest);
		/* A request with another Host does not get so far. */
		if (i == 0 && !head_host_valid(value))
			continue;
		if (value.len > 0)
			headers[request.header_count++] =
			    (struct pair){span_of(names[i]), value};
	}
	struct span host = request_header(&request, "Host");
	request.target = rest;
	must(proxies_add(config.proxies, SPAN("10.0.0.0/8"), NULL) == 0);
	set_peer(&request, "192.0.2.1");
	origin_read(&origin, &config, &request, arena);
	must(span_is(origin.scheme, "http") && span_eq(origin.host, host) &&
	     span_eq(origin.target, rest));
	set_peer(&request, "10.1.2.3");
	origin_read(&origin, &config, &request, arena);
	must(span_is(origin.scheme, "http") || span_is(origin.scheme, "https"));
	must(span_eq(origin.host, host) || head_host_valid(origin.host));
	must(span_eq(origin.target, rest));
	struct span base = origin_base_url(&config, &request, arena);
	must(base.len ==
	     (origin.host.len == 0 ? 0 : origin.scheme.len + 3 + origin.host.len));
	proxies_free(config.proxies);
	arena_free(arena);
	return 0;
}
