#include "http/request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

struct span request_header(const struct request *request, const char *name)
{
	struct span wanted = span_of(name);
	for (size_t i = 0; i < request->header_count; i++)
		if (span_ieq(request->headers[i].name, wanted))
			return request->headers[i].value;
	return (struct span){0};
}

size_t request_header_count(const struct request *request, const char *name)
{
	struct span wanted = span_of(name);
	size_t count = 0;
	for (size_t i = 0; i < request->header_count; i++)
		if (span_ieq(request->headers[i].name, wanted))
			count++;
	return count;
}

void request_peer_text(const struct request *request, char out[64])
{
	char host[INET6_ADDRSTRLEN] = "?";
	if (request->peer.ss_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, &request->peer, sizeof(v4));
		(void)inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
		(void)snprintf(out, 64, "%s:%u", host, (unsigned)ntohs(v4.sin_port));
		return;
	}
	struct sockaddr_in6 v6;
	memcpy(&v6, &request->peer, sizeof(v6));
	unsigned port = (unsigned)ntohs(v6.sin6_port);
	if (request->peer.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
		/* An IPv4 client of a socket for all addresses. */
		(void)inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], host, sizeof(host));
		(void)snprintf(out, 64, "%s:%u", host, port);
	} else if (request->peer.ss_family == AF_INET6) {
		(void)inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
		(void)snprintf(out, 64, "[%s]:%u", host, port);
	} else {
		(void)snprintf(out, 64, "?");
	}
}
