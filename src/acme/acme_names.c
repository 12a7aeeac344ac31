#include "acme/acme_names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "util/text.h"

enum { LABEL_MAX = 63, DNS_NAME_MAX = 253 };

size_t acme_name_address(unsigned char out[ACME_ADDRESS_SIZE], const char *name)
{
	if (inet_pton(AF_INET, name, out) == 1)
		return sizeof(struct in_addr);
	return inet_pton(AF_INET6, name, out) == 1 ? sizeof(struct in6_addr) : 0;
}

/* Rules of RFC 1123; err says which one is broken. */
static int acme_name_check(const char *name, struct error *err)
{
	if (strchr(name, '*') != NULL)
		return error_set(err,
		    "%s: a wildcard needs a challenge in the DNS, which Offhook does "
		    "not do; list the names, or give it a certificate of another "
		    "client (tls-cert)",
		    name);
	if (strchr(name, '.') == NULL)
		return error_set(err, "%s: it is no public name; it has no dot", name);
	if (strlen(name) > DNS_NAME_MAX)
		return error_set(err, "%.40s…: it is too long for a name", name);
	for (const char *at = name; at != NULL;) {
		const char *dot = strchr(at, '.');
		struct span label = {at, dot != NULL ? (size_t)(dot - at) : strlen(at)};
		if (!text_all_of(label, "-") || label.len > LABEL_MAX ||
		    label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
			return error_set(err,
			    "%s: it is neither a domain name nor an address (only "
			    "letters, digits, - and dots; a name in another script is "
			    "written as xn--…; without https:// and without a port)",
			    name);
		at = dot != NULL ? dot + 1 : NULL;
	}
	if (text_all_of(span_of(strrchr(name, '.') + 1), "") &&
	    isdigit((unsigned char)strrchr(name, '.')[1]))
		return error_set(err, "%s: it is no address", name);
	return 0;
}

static void acme_name_lower(char *name)
{
	for (char *c = name; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
}

static int acme_name_take(struct acme_names *out, struct span text, struct error *err)
{
	unsigned char bytes[ACME_ADDRESS_SIZE];
	char name[ACME_NAME_SIZE];
	if (text.len >= sizeof(name))
		return error_set(err, "%.*s…: it is too long for a name", 40, text.ptr);
	(void)snprintf(name, sizeof(name), "%.*s", SPAN_ARG(text));
	acme_name_lower(name);
	size_t len = acme_name_address(bytes, name);
	if (len > 0)
		(void)inet_ntop(len == sizeof(struct in_addr) ? AF_INET : AF_INET6,
		    bytes, name, sizeof(name));
	else if (acme_name_check(name, err) < 0)
		return -1;
	for (size_t i = 0; i < out->count; i++)
		if (strcmp(out->names[i], name) == 0)
			return 0;
	if (out->count == ACME_NAMES_MAX)
		return error_set(err, "more than %d names", ACME_NAMES_MAX);
	memcpy(out->names[out->count++], name, sizeof(name));
	return 0;
}

static int acme_name_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

int acme_names_parse(struct acme_names *out, struct span text, struct error *err)
{
	out->count = 0;
	for (bool more = true; more;) {
		size_t len = span_find(text, ',');
		struct span word = span_trim(span_head(text, len));
		more = len < text.len;
		text = span_from(text, more ? len + 1 : len);
		if (word.len == 0)
			return error_set(err, "a name is missing");
		if (acme_name_take(out, word, err) < 0)
			return -1;
	}
	qsort(out->names, out->count, sizeof(out->names[0]), acme_name_compare);
	return 0;
}

const char *acme_name_sni(char out[ACME_SNI_SIZE], const char *name)
{
	unsigned char bytes[ACME_ADDRESS_SIZE];
	size_t at = 0;
	switch (acme_name_address(bytes, name)) {
	case sizeof(struct in_addr):
		(void)snprintf(out, ACME_SNI_SIZE, "%d.%d.%d.%d.in-addr.arpa", bytes[3],
		    bytes[2], bytes[1], bytes[0]);
		return out;
	case sizeof(struct in6_addr):
		for (size_t i = sizeof(struct in6_addr); i-- > 0;)
			at += (size_t)snprintf(out + at, ACME_SNI_SIZE - at, "%x.%x.",
			    bytes[i] & 0xf, bytes[i] >> 4);
		(void)snprintf(out + at, ACME_SNI_SIZE - at, "ip6.arpa");
		return out;
	default:
		return name;
	}
}

bool acme_name_resolves(const char *name, struct error *err)
{
	unsigned char bytes[ACME_ADDRESS_SIZE];
	struct addrinfo *found = NULL;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	if (acme_name_address(bytes, name) > 0)
		return true;
	int rc = getaddrinfo(name, NULL, &hints, &found);
	if (rc == 0) {
		freeaddrinfo(found);
		return true;
	}
	(void)error_set(err,
	    "%s has no address in the DNS (%s): make an A or AAAA record that leads to "
	    "this machine",
	    name, gai_strerror(rc));
	return false;
}
