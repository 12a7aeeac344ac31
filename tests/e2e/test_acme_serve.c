/* The server that gets its certificate by itself: from Pebble, by its own listeners. */
#include "ca.h"
#include "conversation.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acme/acme_state.h"
#include "util/clock.h"

#define NAME "hooks.example.com"

struct place {
	struct pebble pebble;
	struct talk talk;
	char listen[32], redirect[32];
	char serial[64]; /* of the certificate that was served last */
	const char *extra[20];
};

static void place_open(struct place *place)
{
	place->pebble.tls_port = ca_free_port();
	place->pebble.http_port = ca_free_port();
	pebble_start(&place->pebble);
	(void)snprintf(place->listen, sizeof(place->listen), "127.0.0.1:%d",
	    place->pebble.tls_port);
	(void)snprintf(place->redirect, sizeof(place->redirect), "127.0.0.1:%d",
	    place->pebble.http_port);
	const char *const words[] = {"--listen", place->listen, "--redirect-listen",
	    place->redirect, "--acme", NAME ",127.0.0.1", "--acme-email",
	    "owner@example.com", "--acme-directory", place->pebble.directory,
	    "--acme-ca-file", place->pebble.ca_file, "--public-url", "none", NULL};
	memcpy(place->extra, words, sizeof(words));
}

static void place_close(struct place *place)
{
	talk_end(&place->talk);
	pebble_end(&place->pebble);
}

/* The roots of the CA, which makes them anew at each start, are the last of the chain. */
static int accept_any_root(int good, X509_STORE_CTX *store)
{
	int code = X509_STORE_CTX_get_error(store);
	return good == 1 || code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT;
}

static void place_note_serial(struct place *place, SSL *ssl)
{
	X509 *certificate = SSL_get1_peer_certificate(ssl);
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	char *hex = BN_bn2hex(number);
	(void)snprintf(place->serial, sizeof(place->serial), "%s", hex);
	OPENSSL_free(hex);
	BN_free(number);
	X509_free(certificate);
}

/* One request by HTTPS; the certificate must be for NAME, of a CA. False when the server has
 * none yet. */
static bool place_ask(
    struct place *place, struct buf *answer, const struct buf *request)
{
	char bytes[4096];
	int fd = talk_connect(place->listen);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any_root);
	SSL *ssl = SSL_new(ctx);
	(void)SSL_set_tlsext_host_name(ssl, (uintptr_t)NAME);
	assert_int_equal(SSL_set1_host(ssl, NAME), 1);
	(void)SSL_set_fd(ssl, fd);
	bool connected = SSL_connect(ssl) == 1;
	if (connected) {
		int got;
		place_note_serial(place, ssl);
		assert_true(SSL_write(ssl, request->ptr, (int)request->len) > 0);
		while ((got = SSL_read(ssl, bytes, sizeof(bytes))) > 0)
			buf_put(answer, (struct span){bytes, (size_t)got});
		assert_int_equal(
		    SSL_get_error(ssl, got), SSL_ERROR_ZERO_RETURN); /* close_notify */
	}
	ERR_clear_error();
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	(void)close(fd);
	return connected;
}

/* A message, signed for the URL as it is called; waits for the certificate. */
static void place_expect_reply(struct place *place, const char *sid)
{
	char form[160], signature[64];
	struct buf request = {0}, answer = {0};
	(void)snprintf(form, sizeof(form),
	    "MessageSid=%s&From=%%2B1555&To=%%2B1999&Body=hello", sid);
	talk_signature(signature, TALK_TOKEN, "https://" NAME "/twilio/sms", form);
	buf_printf(&request,
	    "POST /twilio/sms HTTP/1.1\r\nHost: " NAME "\r\n%s"
	    "Content-Type: application/x-www-form-urlencoded\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
	    signature, strlen(form), form);
	for (int tries = 0; tries < 400 && !place_ask(place, &answer, &request);
	     tries++)
		(void)usleep(50000);
	assert_non_null(strstr(buf_text(&answer), "HTTP/1.1 200 OK"));
	assert_non_null(strstr(buf_text(&answer), "<Response"));
	buf_free(&request);
	buf_free(&answer);
}

TEST(a_certificate_is_got_served_kept_and_renewed)
{
	struct place place = {0};
	struct acme_names names;
	struct acme_state kept;
	struct error err;
	char dir[96], first[64];
	place_open(&place);
	place.pebble.nonce_reject = "50";
	talk_start(&place.talk, place.extra);
	assert_true(talk_logged(&place.talk, "listening on https://"));
	place_expect_reply(&place, "SM1");
	memcpy(first, place.serial, sizeof(first));

	/* It needs no CA to serve what it has. */
	talk_stop(&place.talk);
	pebble_stop(&place.pebble);
	talk_again(&place.talk);
	place_expect_reply(&place, "SM2");
	assert_string_equal(place.serial, first);

	/* As if the CA had said that it is time. */
	talk_stop(&place.talk);
	pebble_again(&place.pebble);
	(void)snprintf(dir, sizeof(dir), "%s/acme", place.talk.data);
	assert_int_equal(acme_names_parse(&names, span_of(NAME ",127.0.0.1"), &err), 0);
	acme_state_read(&kept, dir, &names);
	assert_true(kept.directory[0] != '\0');
	kept.window_start_ms = clock_wall_ms() - 2000;
	kept.window_end_ms = kept.window_start_ms + 1000;
	kept.look_again_ms = clock_wall_ms() + 3600000;
	kept.next_try_ms = 0;
	assert_int_equal(acme_state_write(&kept, dir, &names, &err), 0);
	talk_again(&place.talk);
	for (int tries = 0; tries < 400; tries++) {
		char sid[16];
		(void)snprintf(sid, sizeof(sid), "SM3%d", tries);
		place_expect_reply(&place, sid);
		if (strcmp(place.serial, first) != 0)
			break;
		(void)usleep(50000);
	}
	assert_string_not_equal(place.serial, first);
	place_close(&place);
}

TEST(a_ca_that_fails_is_told_of_and_asked_again_at_a_reload)
{
	struct place place = {0};
	place_open(&place);
	pebble_stop(&place.pebble);
	talk_start(&place.talk, place.extra);
	assert_true(talk_logged(&place.talk, "no certificate"));
	assert_true(talk_logged(&place.talk, "next_try"));
	pebble_again(&place.pebble);
	const char *const reload[] = {"reload", "--data", place.talk.data, NULL};
	assert_int_equal(talk_run(NULL, NULL, reload), 0);
	place_expect_reply(&place, "SM1");
	place_close(&place);
}

TEST(what_cannot_be_a_certificates_name_is_said_before_the_start)
{
	static const struct {
		const char *name, *directory, *error;
	} rows[] = {
	    {"*.example.com", "staging", "a wildcard needs a challenge in the DNS"},
	    {"https://a.example.com", "staging",
		"neither a domain name nor an address"},
	    {"localhost", "staging", "it is no public name"},
	    {"a.example.com", "http://ca.example.com/dir", "acme-directory"},
	    {"a.example.com", "none", "acme needs a CA"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = {0}, err = {0};
		const char *const words[] = {"config", "check", "--acme", rows[i].name,
		    "--acme-directory", rows[i].directory, "--listen", "127.0.0.1:0",
		    "--data", "/tmp/offhook-none", NULL};
		assert_int_not_equal(talk_run(&out, &err, words), 0);
		buf_put(&err, buf_span(&out));
		if (strstr(buf_text(&err), rows[i].error) == NULL)
			fail_msg("wants: %s\ngets: %s", rows[i].error, buf_text(&err));
		buf_free(&out);
		buf_free(&err);
	}
}

TEST_GROUP(NULL, NULL)
