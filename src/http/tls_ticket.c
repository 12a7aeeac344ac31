#include "http/tls_ticket.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/thread.h"

enum { NAME_BYTES = 16, AES_BYTES = 32, MAC_BYTES = 32 };

#define DAY_US (INT64_C(24) * 3600 * 1000 * 1000)

struct ticket_key {
	unsigned char name[NAME_BYTES], aes[AES_BYTES], mac[MAC_BYTES];
};

struct tls_tickets {
	pthread_mutex_t lock;
	struct ticket_key now, before; /* `before` is all zero on the first day */
	int64_t since_us;
};

static bool ticket_key_fill(struct ticket_key *key)
{
	return RAND_bytes(key->name, NAME_BYTES) == 1 &&
	       RAND_priv_bytes(key->aes, AES_BYTES) == 1 &&
	       RAND_priv_bytes(key->mac, MAC_BYTES) == 1;
}

/* Under the lock. Without random numbers the key of yesterday goes on. */
static void tickets_turn(struct tls_tickets *tickets)
{
	struct ticket_key next;
	int64_t now_us = clock_mono_us();
	if (now_us - tickets->since_us < DAY_US || !ticket_key_fill(&next))
		return;
	tickets->before = tickets->now;
	tickets->now = next;
	OPENSSL_cleanse(&next, sizeof(next));
	tickets->since_us = now_us;
}

static bool ticket_begin(EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
    const struct ticket_key *key, const unsigned char *iv, int encrypt)
{
	char digest[] = "SHA256";
	unsigned char secret[MAC_BYTES];
	memcpy(secret, key->mac, MAC_BYTES);
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret, MAC_BYTES),
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end()};
	bool begun = EVP_CipherInit_ex2(
			 cipher, EVP_aes_256_cbc(), key->aes, iv, encrypt, NULL) == 1 &&
		     EVP_MAC_CTX_set_params(mac, params) == 1;
	OPENSSL_cleanse(secret, sizeof(secret));
	return begun;
}

static int ticket_write(struct tls_tickets *tickets, unsigned char *name,
    unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	const struct ticket_key *key = &tickets->now;
	memcpy(name, key->name, NAME_BYTES);
	if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
		return -1;
	return ticket_begin(cipher, mac, key, iv, 1) ? 1 : -1;
}

/* 2: good, and to be replaced: by one of today's key, or because a client of TLS 1.3 uses a
 * ticket once (RFC 8446, appendix C.4). 0: a full handshake. */
static int ticket_read(struct tls_tickets *tickets, const unsigned char *name,
    const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, bool once)
{
	static const unsigned char none[NAME_BYTES];
	if (memcmp(name, tickets->now.name, NAME_BYTES) == 0)
		return !ticket_begin(cipher, mac, &tickets->now, iv, 0) ? -1
		       : once                                           ? 2
									: 1;
	if (memcmp(name, tickets->before.name, NAME_BYTES) != 0 ||
	    memcmp(name, none, NAME_BYTES) == 0)
		return 0;
	return ticket_begin(cipher, mac, &tickets->before, iv, 0) ? 2 : -1;
}

static int tickets_on_key(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int writing)
{
	struct tls_tickets *tickets = SSL_get_app_data(ssl);
	mutex_lock(&tickets->lock);
	tickets_turn(tickets);
	int rc = writing == 1 ? ticket_write(tickets, name, iv, cipher, mac)
			      : ticket_read(tickets, name, iv, cipher, mac,
				    SSL_version(ssl) == TLS1_3_VERSION);
	mutex_unlock(&tickets->lock);
	return rc;
}

int tls_tickets_new(struct tls_tickets **out, struct error *err)
{
	struct tls_tickets *tickets = mem_new(1, sizeof(*tickets));
	mutex_init(&tickets->lock);
	tickets->since_us = clock_mono_us();
	if (!ticket_key_fill(&tickets->now)) {
		tls_tickets_free(tickets);
		return error_set(err, "there are no random numbers for TLS");
	}
	*out = tickets;
	return 0;
}

void tls_tickets_free(struct tls_tickets *tickets)
{
	if (tickets == NULL)
		return;
	mutex_clear(&tickets->lock);
	OPENSSL_cleanse(tickets, sizeof(*tickets));
	free(tickets);
}

void tls_tickets_use(SSL_CTX *ctx)
{
	(void)SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, tickets_on_key);
}

void tls_tickets_attach(struct tls_tickets *tickets, SSL *ssl)
{
	(void)SSL_set_app_data(ssl, tickets);
}
