/* reach -- whether a name leads to this server, before a CA is asked to look: a validation
 * that fails counts there, and after a few of them the name is shut out for an hour. */
#ifndef OFFHOOK_ACME_REACH_H
#define OFFHOOK_ACME_REACH_H

#include <openssl/types.h>

enum reach {
	REACH_US,
	REACH_OTHER,  /* somebody else answers at one of its addresses */
	REACH_NOBODY, /* no connection: perhaps only from here (NAT) */
};

enum { REACH_ADDRESS_SIZE = 64, REACH_PORT = 443 };

/* Connects to each address of the name as a CA does for tls-alpn-01, and compares the
 * certificate with ours, which the server gives out for that name at present. The address that
 * decided is in `at`. Takes some seconds at most. */
enum reach reach_ask(
    char at[REACH_ADDRESS_SIZE], const char *name, int port, const X509 *ours);

#endif
