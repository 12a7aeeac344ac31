#include "config/proxies.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/mem.h"
#include "util/text.h"

/* An IPv6 network; an IPv4 one stands in ::ffff:0:0/96. */
struct network {
	unsigned char address[16];
	unsigned bits;
};

struct proxies {
	struct network *items;
	size_t count;
};

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct proxies *proxies_new(void)
{
	return mem_new(1, sizeof(struct proxies));
}

void proxies_free(struct proxies *proxies)
{
	if (proxies == NULL)
		return;
	free(proxies->items);
	free(proxies);
}

size_t proxies_count(const struct proxies *proxies)
{
	return proxies->count;
}

/* Reads an address in its IPv6 form. Returns the number of bits that the form adds
 * before it: 96 for IPv4, 0 for IPv6; -1 when it is not an address. */
static int read_address(unsigned char out[16], struct span text)
{
	char plain[INET6_ADDRSTRLEN];
	if (text.len == 0 || text.len >= sizeof(plain) ||
	    span_find(text, '\0') < text.len)
		return -1;
	memcpy(plain, text.ptr, text.len);
	plain[text.len] = '\0';
	memcpy(out, mapped, sizeof(mapped));
	if (inet_pton(AF_INET, plain, out + 12) == 1)
		return 96;
	return inet_pton(AF_INET6, plain, out) == 1 ? 0 : -1;
}

static int read_network(struct network *out, struct span text, struct error *err)
{
	size_t slash = span_find(text, '/');
	int64_t bits = 128;
	int offset = read_address(out->address, span_head(text, slash));
	if (offset < 0)
		return error_set(err,
		    "\"%.*s\" is not an address or a network such as 10.0.0.0/8",
		    SPAN_ARG(text));
	if (slash < text.len) {
		if (!text_int(span_from(text, slash + 1), 0, 128 - offset, &bits))
			return error_set(err,
			    "\"%.*s\": what follows the / is a number from 0 to %d",
			    SPAN_ARG(text), 128 - offset);
		bits += offset;
	}
	out->bits = (unsigned)bits;
	for (unsigned bit = out->bits; bit < 128; bit++) {
		if ((out->address[bit / 8] >> (7 - bit % 8) & 1) != 0)
			return error_set(err,
			    "\"%.*s\" has bits set behind its length: give the "
			    "network's own address",
			    SPAN_ARG(text));
	}
	return 0;
}

int proxies_add(struct proxies *proxies, struct span list, struct error *err)
{
	size_t count = proxies->count;
	while (list.len > 0) {
		size_t end = 0;
		while (end < list.len &&
		       (list.ptr[end] == '\0' || strchr(", \t", list.ptr[end]) == NULL))
			end++;
		struct span entry = span_head(list, end);
		list = span_from(list, end < list.len ? end + 1 : end);
		if (entry.len == 0)
			continue;
		proxies->items =
		    mem_resize(proxies->items, count + 1, sizeof(proxies->items[0]));
		if (read_network(&proxies->items[count], entry, err) != 0)
			return -1;
		count++;
	}
	proxies->count = count;
	return 0;
}

static bool network_contains(
    const struct network *network, const unsigned char address[16])
{
	unsigned whole = network->bits / 8, rest = network->bits % 8;
	if (memcmp(network->address, address, whole) != 0)
		return false;
	unsigned mask = 0xffU << (8 - rest) & 0xffU;
	return rest == 0 || ((network->address[whole] ^ address[whole]) & mask) == 0;
}

bool proxies_trust(const struct proxies *proxies, const struct sockaddr_storage *peer)
{
	unsigned char address[16];
	if (peer->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)peer;
		memcpy(address, mapped, sizeof(mapped));
		memcpy(address + 12, &v4->sin_addr, 4);
	} else if (peer->ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const void *)peer;
		memcpy(address, &v6->sin6_addr, 16);
	} else {
		return false;
	}
	for (size_t i = 0; i < proxies->count; i++) {
		if (network_contains(&proxies->items[i], address))
			return true;
	}
	return false;
}
