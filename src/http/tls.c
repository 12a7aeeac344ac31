#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "http/tls_file.h"
#include "http/tls_ticket.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/thread.h"

/* What every TLS 1.2 client of today has: forward secrecy and an AEAD. */
static const char tls_ciphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char tls_groups[] = "X25519:P-256:P-384";

/* As in ALPN: each with its length before it. */
static const unsigned char alpn_http[] = "\x08http/1.1";
static const unsigned char alpn_acme[] = "\x0a"
					 "acme-tls/1";

struct challenge {
	TAILQ_ENTRY(challenge) link;
	char *name;
	X509 *certificate;
	EVP_PKEY *key;
};

struct tls {
	SSL_CTX *front; /* what sessions begin with, whatever certificate they get */
	SSL_CTX *validation; /* where those go that offer acme-tls/1 */
	struct tls_tickets *tickets;
	pthread_mutex_t lock; /* guards what follows */
	/* By the index of their pair; NULL: none yet. */
	SSL_CTX *certificates[TLS_CERTIFICATES_MAX];
	TAILQ_HEAD(, challenge) challenges;
};

/* ---- which certificate ---- */

static bool tls_is_for(SSL_CTX *certificate, const char *name, unsigned flags)
{
	return X509_check_host(
		   SSL_CTX_get0_certificate(certificate), name, 0, flags, NULL) == 1;
}

/* Under the lock. The next one that is there, from *at on; NULL: no more. */
static SSL_CTX *tls_next(const struct tls *tls, size_t *at)
{
	while (*at < TLS_CERTIFICATES_MAX)
		if (tls->certificates[(*at)++] != NULL)
			return tls->certificates[*at - 1];
	return NULL;
}

/* Under the lock. NULL: none has the name. */
static SSL_CTX *tls_find_name(const struct tls *tls, const char *name, unsigned flags)
{
	SSL_CTX *certificate;
	size_t at = 0;
	while ((certificate = tls_next(tls, &at)) != NULL)
		if (tls_is_for(certificate, name, flags))
			return certificate;
	return NULL;
}

/* Under the lock. A name of its own counts before a wildcard's. NULL: there is none. */
static SSL_CTX *tls_find(const struct tls *tls, const char *name)
{
	size_t first = 0;
	SSL_CTX *found = NULL;
	if (name != NULL)
		found = tls_find_name(tls, name, X509_CHECK_FLAG_NO_WILDCARDS);
	if (name != NULL && found == NULL)
		found = tls_find_name(tls, name, 0);
	return found != NULL ? found : tls_next(tls, &first);
}

static int tls_on_name(SSL *ssl, int *alert, void *ctx)
{
	struct tls *tls = ctx;
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	mutex_lock(&tls->lock);
	SSL_CTX *found =
	    tls_find(tls, SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
	bool taken = found != NULL && SSL_set_SSL_CTX(ssl, found) != NULL;
	mutex_unlock(&tls->lock);
	return taken ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* ---- a client has said what it wants ---- */

/* RFC 6066, section 3: a session of another name is not resumed. */
static void tls_set_context(SSL *ssl)
{
	unsigned char id[EVP_MAX_MD_SIZE];
	const unsigned char *names;
	unsigned id_len;
	size_t len;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &names, &len) ==
		1 &&
	    EVP_Digest(names, len, id, &id_len, EVP_sha256(), NULL) == 1)
		(void)SSL_set_session_id_context(ssl, id, id_len);
}

static int tls_on_hello(SSL *ssl, int *alert, void *ctx)
{
	struct tls *tls = ctx;
	const unsigned char *offered;
	size_t len;
	*alert = SSL_AD_INTERNAL_ERROR;
	tls_set_context(ssl);
	/* After two bytes with the length of the list. RFC 8737, section 3: a CA offers
	 * nothing else. */
	const size_t list = 2, own = sizeof(alpn_acme) - 1;
	if (SSL_client_hello_get0_ext(ssl,
		TLSEXT_TYPE_application_layer_protocol_negotiation, &offered,
		&len) == 1 &&
	    len == list + own && memcmp(offered + list, alpn_acme, own) == 0 &&
	    SSL_set_SSL_CTX(ssl, tls->validation) == NULL)
		return SSL_CLIENT_HELLO_ERROR;
	return SSL_CLIENT_HELLO_SUCCESS;
}

/* ---- a CA that validates a name ---- */

/* Under the lock. */
static struct challenge *tls_challenge_find(struct tls *tls, const char *name)
{
	struct challenge *challenge;
	TAILQ_FOREACH(challenge, &tls->challenges, link)
		if (strcasecmp(challenge->name, name) == 0)
			return challenge;
	return NULL;
}

static int tls_on_validation_name(SSL *ssl, int *alert, void *ctx)
{
	struct tls *tls = ctx;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	mutex_lock(&tls->lock);
	const struct challenge *challenge =
	    tls_challenge_find(tls, name != NULL ? name : "");
	bool taken = challenge != NULL &&
		     SSL_use_certificate(ssl, challenge->certificate) == 1 &&
		     SSL_use_PrivateKey(ssl, challenge->key) == 1;
	mutex_unlock(&tls->lock);
	return taken ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int tls_on_protocols(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *offered, unsigned offered_len, void *ctx)
{
	const unsigned char *own = ctx;
	unsigned char *chosen;
	(void)ssl;
	if (SSL_select_next_proto(&chosen, out_len, own, (unsigned)own[0] + 1, offered,
		offered_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* ---- contexts ---- */

static SSL_CTX *tls_context(const unsigned char *protocol)
{
	static const unsigned char id[] = "offhook";

	union {
		const unsigned char *in;
		void *out;
	} argument = {protocol};

	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (ctx == NULL)
		return NULL;
	/* A session takes the list from the context of its certificate. */
	if (SSL_CTX_set_cipher_list(ctx, tls_ciphers) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	/* The same in all of them, so that a reload changes nothing. */
	(void)SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1);
	SSL_CTX_set_alpn_select_cb(ctx, tls_on_protocols, argument.out);
	return ctx;
}

static bool tls_set_front(struct tls *tls)
{
	SSL_CTX *front = tls->front;
	SSL_CTX_set_options(front, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
				       SSL_OP_CIPHER_SERVER_PREFERENCE |
				       SSL_OP_PRIORITIZE_CHACHA |
				       /* HTTP says itself where a request ends. */
				       SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* Buffers only while there is something in them: 10,000 connections may rest. */
	SSL_CTX_set_mode(front, SSL_MODE_ENABLE_PARTIAL_WRITE |
				    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				    SSL_MODE_RELEASE_BUFFERS);
	/* A client that sends nothing but messages of TLS's own, as fast as it can, must not
	 * keep the loop (http/channel.c). */
	(void)SSL_CTX_clear_mode(front, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_read_ahead(front, 1);
	SSL_CTX_set_session_cache_mode(front, SSL_SESS_CACHE_OFF);
	tls_tickets_use(front);
	(void)SSL_CTX_set_tlsext_servername_callback(front, tls_on_name);
	(void)SSL_CTX_set_tlsext_servername_arg(front, tls);
	SSL_CTX_set_client_hello_cb(front, tls_on_hello, tls);
	(void)SSL_CTX_set_tlsext_servername_callback(
	    tls->validation, tls_on_validation_name);
	(void)SSL_CTX_set_tlsext_servername_arg(tls->validation, tls);
	return SSL_CTX_set_min_proto_version(front, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set1_groups_list(front, (uintptr_t)tls_groups) == 1 &&
	       SSL_CTX_set_num_tickets(front, 1) == 1;
}

int tls_open(struct tls **out, struct error *err)
{
	struct tls *tls = mem_new(1, sizeof(*tls));
	mutex_init(&tls->lock);
	TAILQ_INIT(&tls->challenges);
	tls->front = tls_context(alpn_http);
	tls->validation = tls_context(alpn_acme);
	int rc = tls_tickets_new(&tls->tickets, err);
	if (rc == 0 &&
	    (tls->front == NULL || tls->validation == NULL || !tls_set_front(tls)))
		rc = error_set(err, "TLS cannot be set up: %s",
		    ERR_reason_error_string(ERR_peek_last_error()));
	if (rc < 0)
		tls_close(tls);
	else
		*out = tls;
	return rc;
}

static void tls_challenge_free(struct tls *tls, struct challenge *challenge)
{
	TAILQ_REMOVE(&tls->challenges, challenge, link);
	X509_free(challenge->certificate);
	EVP_PKEY_free(challenge->key);
	free(challenge->name);
	free(challenge);
}

void tls_close(struct tls *tls)
{
	if (tls == NULL)
		return;
	struct challenge *challenge = TAILQ_FIRST(&tls->challenges);
	while (challenge != NULL) {
		struct challenge *next = TAILQ_NEXT(challenge, link);
		tls_challenge_free(tls, challenge);
		challenge = next;
	}
	for (size_t i = 0; i < TLS_CERTIFICATES_MAX; i++)
		SSL_CTX_free(tls->certificates[i]);
	SSL_CTX_free(tls->front);
	SSL_CTX_free(tls->validation);
	tls_tickets_free(tls->tickets);
	mutex_clear(&tls->lock);
	free(tls);
}

/* ---- what its owner calls ---- */

/* NULL with err: the pair cannot be used. */
static SSL_CTX *tls_read(
    struct tls_file *out, const struct tls_pair *pair, struct error *err)
{
	SSL_CTX *ctx = tls_context(alpn_http);
	if (ctx != NULL && tls_file_load(out, ctx, pair, err) == 0)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

int tls_check(const struct tls_pair *pairs, size_t count, struct error *err)
{
	struct tls_file file;
	for (size_t i = 0; i < count; i++) {
		SSL_CTX *ctx = tls_read(&file, &pairs[i], err);
		if (ctx == NULL)
			return -1;
		SSL_CTX_free(ctx);
	}
	return 0;
}

static void tls_put(struct tls *tls, size_t index, SSL_CTX *certificate)
{
	mutex_lock(&tls->lock);
	SSL_CTX *before = tls->certificates[index];
	tls->certificates[index] = certificate;
	mutex_unlock(&tls->lock);
	SSL_CTX_free(before); /* connections hold what they use */
}

int tls_load(
    struct tls *tls, const struct tls_pair *pairs, size_t count, struct error *err)
{
	struct error first = {0}, own;
	if (count > TLS_CERTIFICATES_MAX)
		return error_set(
		    err, "more than %d certificates", TLS_CERTIFICATES_MAX);
	for (size_t i = 0; i < count; i++) {
		struct tls_file file;
		SSL_CTX *next = tls_read(&file, &pairs[i], &own);
		if (next == NULL && first.text[0] == '\0')
			first = own;
		if (next == NULL)
			continue;
		if (file.unknown_ca[0] != '\0')
			log_write(LOG_WARN,
			    "this machine does not know the CA of the certificate; Twilio "
			    "will not either, unless it is a public one",
			    "file", pairs[i].chain, "ca", file.unknown_ca, NULL);
		tls_put(tls, i, next);
	}
	return first.text[0] == '\0' ? 0 : error_set(err, "%s", first.text);
}

static int64_t tls_ms(const ASN1_TIME *time)
{
	struct tm tm = {0};
	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

static int64_t tls_end_ms(SSL_CTX *certificate)
{
	return tls_ms(X509_get0_notAfter(SSL_CTX_get0_certificate(certificate)));
}

static int64_t tls_begin_ms(SSL_CTX *certificate)
{
	return tls_ms(X509_get0_notBefore(SSL_CTX_get0_certificate(certificate)));
}

int64_t tls_not_after_ms(struct tls *tls)
{
	SSL_CTX *certificate;
	size_t at = 0;
	int64_t first = 0;
	mutex_lock(&tls->lock);
	while ((certificate = tls_next(tls, &at)) != NULL)
		if (first == 0 || tls_end_ms(certificate) < first)
			first = tls_end_ms(certificate);
	mutex_unlock(&tls->lock);
	return first;
}

bool tls_ends_soon(struct tls *tls, int64_t now_ms, int64_t *out)
{
	SSL_CTX *certificate;
	size_t at = 0;
	bool soon = false;
	mutex_lock(&tls->lock);
	while (!soon && (certificate = tls_next(tls, &at)) != NULL) {
		int64_t life = tls_end_ms(certificate) - tls_begin_ms(certificate);
		*out = tls_end_ms(certificate);
		soon = *out - now_ms < life / 5;
	}
	mutex_unlock(&tls->lock);
	return soon;
}

void tls_pin(struct tls *tls, char out[TLS_PIN_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE], *key = NULL;
	out[0] = '\0';
	mutex_lock(&tls->lock);
	SSL_CTX *first = tls_find(tls, NULL);
	int len =
	    first == NULL
		? 0
		: i2d_X509_PUBKEY(
		      X509_get_X509_PUBKEY(SSL_CTX_get0_certificate(first)), &key);
	mutex_unlock(&tls->lock);
	if (len > 0 &&
	    EVP_Digest(key, (size_t)len, digest, NULL, EVP_sha256(), NULL) == 1)
		(void)EVP_EncodeBlock((unsigned char *)out, digest, 32);
	OPENSSL_free(key);
}

void tls_challenge_set(
    struct tls *tls, const char *name, X509 *certificate, EVP_PKEY *key)
{
	struct challenge *challenge = mem_new(1, sizeof(*challenge));
	*challenge = (struct challenge){
	    .name = mem_strdup(name), .certificate = certificate, .key = key};
	(void)X509_up_ref(certificate);
	(void)EVP_PKEY_up_ref(key);
	tls_challenge_clear(tls, name);
	mutex_lock(&tls->lock);
	TAILQ_INSERT_TAIL(&tls->challenges, challenge, link);
	mutex_unlock(&tls->lock);
}

void tls_challenge_clear(struct tls *tls, const char *name)
{
	mutex_lock(&tls->lock);
	struct challenge *challenge = tls_challenge_find(tls, name);
	if (challenge != NULL)
		tls_challenge_free(tls, challenge);
	mutex_unlock(&tls->lock);
}

SSL *tls_session(struct tls *tls, int fd)
{
	SSL *ssl = SSL_new(tls->front);
	if (ssl != NULL && SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		ssl = NULL;
	}
	if (ssl == NULL)
		return NULL;
	tls_tickets_attach(tls->tickets, ssl);
	SSL_set_accept_state(ssl);
	return ssl;
}
