#include "doctor/names.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/buf.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/thread.h"

enum { LOOKUP_S = 4 };

struct span names_host(struct span host)
{
	if (host.len > 0 && host.ptr[0] == '[') {
		struct span inner = span_from(host, 1);
		return span_head(inner, span_find(inner, ']'));
	}
	return span_head(host, span_find(host, ':'));
}

static bool names_private_v4(uint32_t ip)
{
	static const struct {
		uint32_t net;
		int bits;
	} nets[] = {
	    {0x00000000, 8},  /* this network */
	    {0x0a000000, 8},  /* RFC 1918 */
	    {0x64400000, 10}, /* RFC 6598: behind the provider's NAT */
	    {0x7f000000, 8},  /* loopback */
	    {0xa9fe0000, 16}, /* link-local */
	    {0xac100000, 12}, /* RFC 1918 */
	    {0xc0a80000, 16}, /* RFC 1918 */
	    {0xe0000000, 3},  /* multicast and reserved */
	};

	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (((ip ^ nets[i].net) >> (32 - nets[i].bits)) == 0)
			return true;
	return false;
}

bool names_private(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)address;
		return names_private_v4(ntohl(v4->sin_addr.s_addr));
	}
	const struct in6_addr *v6 =
	    &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	if (IN6_IS_ADDR_V4MAPPED(v6)) {
		uint32_t ip;
		memcpy(&ip, v6->s6_addr + 12, sizeof(ip));
		return names_private_v4(ntohl(ip));
	}
	/* All that is routed is 2000::/3. */
	return (v6->s6_addr[0] & 0xe0) != 0x20;
}

/* One that does not end in time is left to its thread. */
struct lookup {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	char *host;
	struct addrinfo *found;
	int rc; /* of getaddrinfo */
	bool done, left;
};

static void lookup_free(struct lookup *lookup)
{
	mutex_clear(&lookup->lock);
	cond_clear(&lookup->ended);
	free(lookup->host);
	free(lookup);
}

static void *lookup_run(void *ctx)
{
	struct lookup *lookup = ctx;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	int rc = getaddrinfo(lookup->host, NULL, &hints, &lookup->found);
	mutex_lock(&lookup->lock);
	lookup->rc = rc;
	lookup->done = true;
	bool left = lookup->left;
	cond_signal(&lookup->ended);
	mutex_unlock(&lookup->lock);
	if (left) {
		if (rc == 0)
			freeaddrinfo(lookup->found);
		lookup_free(lookup);
	}
	return NULL;
}

/* False: it did not end in time, and is not ours any more. */
static bool lookup_wait(struct lookup *lookup)
{
	int64_t until_us = clock_mono_us() + INT64_C(1000000) * LOOKUP_S;
	mutex_lock(&lookup->lock);
	while (
	    !lookup->done && cond_wait_until(&lookup->ended, &lookup->lock, until_us))
		;
	bool done = lookup->done;
	lookup->left = !done;
	mutex_unlock(&lookup->lock);
	return done;
}

/* 0, or an error of getaddrinfo's. */
static int names_look_up(struct addrinfo **out, const char *host)
{
	struct lookup *lookup = mem_new(1, sizeof(*lookup));
	pthread_t thread;
	int rc = EAI_AGAIN;
	*out = NULL;
	mutex_init(&lookup->lock);
	cond_init(&lookup->ended);
	lookup->host = mem_strdup(host);
	if (thread_start(&thread, "oh-names", lookup_run, lookup, NULL) < 0) {
		lookup_free(lookup);
		return rc;
	}
	if (!lookup_wait(lookup)) {
		(void)pthread_detach(thread);
		return rc;
	}
	thread_join(thread);
	rc = lookup->rc;
	*out = rc == 0 ? lookup->found : NULL;
	lookup_free(lookup);
	return rc;
}

static void names_judge(struct names *out, struct findings *findings, const char *host,
    const struct addrinfo *found)
{
	struct buf list = {0};
	bool literal = false, own = false;
	for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
		char text[INET6_ADDRSTRLEN] = "";
		if (at->ai_family != AF_INET && at->ai_family != AF_INET6)
			continue;
		(void)getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof(text), NULL,
		    0, NI_NUMERICHOST);
		out->v4 = out->v4 || at->ai_family == AF_INET;
		out->v6 = out->v6 || at->ai_family == AF_INET6;
		own = own || names_private(at->ai_addr);
		literal = literal || strcmp(text, host) == 0;
		buf_printf(&list, "%s%s", list.len > 0 ? ", " : "", text);
	}
	if (own && (literal || strcmp(host, "localhost") == 0))
		findings_add(findings, FINDING_ERROR, "dns",
		    "set public-url to a name, or an address, that the Internet reaches",
		    "%s is an address of this machine or its network: Twilio cannot call "
		    "it",
		    host);
	else if (own)
		findings_add(findings, FINDING_WARNING, "dns",
		    "if the name leads there for the whole world, give it the public "
		    "address",
		    "from here, %s leads to a private address (%s)", host,
		    buf_text(&list));
	else if (literal)
		findings_add(findings, FINDING_WARNING, "dns",
		    "a domain name is the sure way",
		    "%s is an address and no name; Twilio does not say that it calls "
		    "these by https",
		    host);
	else
		findings_add(findings, FINDING_OK, "dns", NULL, "%s is %s", host,
		    buf_text(&list));
	buf_free(&list);
}

void names_check(struct names *out, struct findings *findings, struct span host)
{
	struct addrinfo *found = NULL;
	char *name = mem_strndup(names_host(host));
	*out = (struct names){0};
	int rc = names_look_up(&found, name);
	if (rc != 0)
		findings_add(findings, FINDING_ERROR, "dns",
		    "make an A record (and AAAA, if this machine has IPv6) that leads "
		    "here; a new one may take minutes to be seen",
		    "%s does not resolve: %s", name, gai_strerror(rc));
	else
		names_judge(out, findings, name, found);
	if (found != NULL)
		freeaddrinfo(found);
	free(name);
}
