#include "acme/reach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "acme/acme_names.h"
#include "util/clock.h"

enum { ADDRESSES_MAX = 4, EACH_MS = 3000 };

static bool reach_wait(int fd, short events, int64_t until_us)
{
	int64_t left_us = until_us - clock_mono_us();
	struct pollfd ready = {.fd = fd, .events = events};
	return left_us > 0 && poll(&ready, 1, (int)(left_us / 1000) + 1) == 1;
}

/* -1: nobody is there. */
static int reach_connect(const struct addrinfo *address, int64_t until_us)
{
	int error = 0;
	socklen_t len = sizeof(error);
	int fd =
	    socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, address->ai_addr, address->ai_addrlen) == 0 ||
	    (errno == EINPROGRESS && reach_wait(fd, POLLOUT, until_us) &&
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0))
		return fd;
	(void)close(fd);
	return -1;
}

static bool reach_shake(SSL *ssl, int fd, int64_t until_us)
{
	for (;;) {
		int rc = SSL_connect(ssl);
		if (rc == 1)
			return true;
		switch (SSL_get_error(ssl, rc)) {
		case SSL_ERROR_WANT_READ:
			if (reach_wait(fd, POLLIN, until_us))
				continue;
			return false;
		case SSL_ERROR_WANT_WRITE:
			if (reach_wait(fd, POLLOUT, until_us))
				continue;
			return false;
		default:
			return false;
		}
	}
}

/* Whether the server there has our certificate. */
static bool reach_is_us(int fd, const char *name, const X509 *ours, int64_t until_us)
{
	static const unsigned char protocol[] = "\x0a"
						"acme-tls/1";
	char sni[ACME_SNI_SIZE];
	bool us = false;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = ctx != NULL ? SSL_new(ctx) : NULL;
	if (ssl != NULL && SSL_set_fd(ssl, fd) == 1 &&
	    SSL_set_alpn_protos(ssl, protocol, sizeof(protocol) - 1) == 0 &&
	    SSL_set_tlsext_host_name(ssl, (uintptr_t)acme_name_sni(sni, name)) == 1 &&
	    reach_shake(ssl, fd, until_us)) {
		const X509 *theirs = SSL_get0_peer_certificate(ssl);
		us = theirs != NULL && X509_cmp(theirs, ours) == 0;
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return us;
}

static enum reach reach_one(
    const struct addrinfo *address, const char *name, const X509 *ours)
{
	int64_t until_us = clock_mono_us() + (int64_t)EACH_MS * 1000;
	int fd = reach_connect(address, until_us);
	if (fd < 0)
		return REACH_NOBODY;
	bool us = reach_is_us(fd, name, ours, until_us);
	(void)close(fd);
	return us ? REACH_US : REACH_OTHER;
}

enum reach reach_ask(
    char at[REACH_ADDRESS_SIZE], const char *name, int port, const X509 *ours)
{
	const struct addrinfo hints = {
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	enum reach found = REACH_NOBODY;
	struct addrinfo *addresses = NULL;
	char service[16];
	at[0] = '\0';
	(void)snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(name, service, &hints, &addresses) != 0)
		return REACH_NOBODY;
	int left = ADDRESSES_MAX;
	for (const struct addrinfo *each = addresses;
	     each != NULL && left-- > 0 && found != REACH_OTHER; each = each->ai_next) {
		enum reach one = reach_one(each, name, ours);
		if (one == REACH_NOBODY && at[0] != '\0')
			continue;
		(void)getnameinfo(each->ai_addr, each->ai_addrlen, at,
		    REACH_ADDRESS_SIZE, NULL, 0, NI_NUMERICHOST);
		if (one != REACH_NOBODY)
			found = one;
	}
	freeaddrinfo(addresses);
	return found;
}
