/* A list of proxies: each of its entries is trusted when it is taken, and nothing is when
 * it is not. The input is the list. */
#include <arpa/inet.h>

#include "config/proxies.h"
#include "fuzz/fuzz.h"

/* The address of an entry, without what follows its "/". */
static bool peer_of(struct sockaddr_storage *out, struct span entry)
{
	char text[INET6_ADDRSTRLEN];
	struct span address = span_head(entry, span_find(entry, '/'));
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	if (address.len >= sizeof(text) || span_find(address, '\0') < address.len)
		return false;
	memcpy(text, address.ptr, address.len);
	text[address.len] = '\0';
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		memcpy(out, &v4, sizeof(v4));
	else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		memcpy(out, &v6, sizeof(v6));
	else
		return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	struct proxies *proxies = proxies_new();
	struct error err = {""};
	size_t entries = 0;
	bool taken = proxies_add(proxies, rest, &err) == 0;
	must(taken || (err.text[0] != '\0' && proxies_count(proxies) == 0));
	while (taken && rest.len > 0) {
		size_t len = 0;
		struct sockaddr_storage peer;
		while (len < rest.len && rest.ptr[len] != ',' && rest.ptr[len] != ' ' &&
		       rest.ptr[len] != '\t')
			len++;
		if (len > 0) {
			entries++;
			must(peer_of(&peer, span_head(rest, len)));
			must(proxies_trust(proxies, &peer));
		}
		rest = span_from(rest, len < rest.len ? len + 1 : len);
	}
	must(!taken || proxies_count(proxies) == entries);
	proxies_free(proxies);
	return 0;
}
