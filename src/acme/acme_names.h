/* acme_names -- the names of a certificate: domain names, addresses. */
#ifndef OFFHOOK_ACME_ACME_NAMES_H
#define OFFHOOK_ACME_ACME_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"
#include "util/span.h"

enum {
	ACME_NAMES_MAX = 100,  /* Let's Encrypt's limit */
	ACME_NAME_SIZE = 256,  /* with the NUL */
	ACME_SNI_SIZE = 80,    /* of an address's name in the DNS, with the NUL */
	ACME_ADDRESS_SIZE = 16 /* bytes of an IPv6 address */
};

struct acme_names {
	char names[ACME_NAMES_MAX]
		  [ACME_NAME_SIZE]; /* lower case, sorted, no two alike */
	size_t count;
};

/* Parses "hooks.example.com,203.0.113.7". -1 with err, which says what is wrong with which
 * name: a wildcard, a name that no public CA can know. */
int acme_names_parse(struct acme_names *out, struct span text, struct error *err);
/* The bytes of an address: 4 or 16, or 0 when it is a domain name. */
size_t acme_name_address(unsigned char out[ACME_ADDRESS_SIZE], const char *name);
/* The server name by which the CA asks for a name's certificate of tls-alpn-01: of an
 * address that of RFC 8738, section 6 ("7.113.0.203.in-addr.arpa"). Returns name or out. */
const char *acme_name_sni(char out[ACME_SNI_SIZE], const char *name);
/* Whether the domain name has an address in the DNS. True of an address. May take some
 * seconds. False with err, which says what to do. */
bool acme_name_resolves(const char *name, struct error *err);

#endif
