#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "acme/base64url.h"
#include "acme/jws.h"
#include "test.h"

TEST(base64url_is_that_of_rfc_4648_without_padding)
{
	static const char *const rows[][2] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"},
	    {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"\xfb\xff\xfe", "-__-"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = {0}, back = {0};
		base64url_put(&out, span_of(rows[i][0]));
		assert_string_equal(buf_text(&out), rows[i][1]);
		assert_true(base64url_read(&back, buf_span(&out)));
		assert_string_equal(buf_text(&back), rows[i][0]);
		buf_free(&out);
		buf_free(&back);
	}
	static const char *const wrong[] = {"Z", "Zg==", "Zh", "Zm8+", "Zm 8", "Zm9vY"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct buf out = {0};
		assert_false(base64url_read(&out, span_of(wrong[i])));
		assert_int_equal(out.len, 0);
		buf_free(&out);
	}
}

/* RFC 7638, section 3.1. */
TEST(the_thumbprint_of_a_key_is_that_of_rfc_7638)
{
	struct buf out = {0};
	acme_key_thumbprint(&out,
	    SPAN(
		"{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQ"
		"mbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKR"
		"XjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5"
		"v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5haj"
		"rn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-"
		"G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\"}"));
	assert_string_equal(
	    buf_text(&out), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	buf_free(&out);
}

static bool signature_holds(EVP_PKEY *key, struct span text, struct span raw)
{
	unsigned char der[160], *end = der;
	ECDSA_SIG *signature = ECDSA_SIG_new();
	assert_int_equal(raw.len, ACME_SIGNATURE);
	const unsigned char *bytes = (const unsigned char *)raw.ptr;
	(void)ECDSA_SIG_set0(
	    signature, BN_bin2bn(bytes, 32, NULL), BN_bin2bn(bytes + 32, 32, NULL));
	int len = i2d_ECDSA_SIG(signature, &end);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool holds = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		     EVP_DigestVerify(ctx, der, (size_t)len,
			 (const unsigned char *)text.ptr, text.len) == 1;
	EVP_MD_CTX_free(ctx);
	ECDSA_SIG_free(signature);
	return holds;
}

/* The decoded member of a JWS. */
static json_t *decoded(const json_t *jws, const char *name)
{
	struct buf text = {0};
	const char *given = json_string_value(json_object_get(jws, name));
	assert_true(base64url_read(&text, span_of(given)));
	json_t *doc = json_loadb(buf_text(&text), text.len, 0, NULL);
	buf_free(&text);
	return doc;
}

TEST(a_request_is_signed_by_the_key_that_it_names)
{
	EVP_PKEY *key = acme_key_new();
	for (int known = 0; known < 2; known++) {
		struct buf out = {0}, text = {0}, raw = {0};
		const struct jws_head head = {"https://ca.example/order", "n0nce",
		    known ? "https://ca.example/account/1" : NULL};
		jws_make(&out, key, &head, SPAN("{\"a\":1}"));
		json_t *jws = json_loads(buf_text(&out), 0, NULL);
		json_t *protected = decoded(jws, "protected");
		assert_string_equal(
		    json_string_value(json_object_get(protected, "alg")), "ES256");
		assert_string_equal(
		    json_string_value(json_object_get(protected, "nonce")), "n0nce");
		assert_string_equal(
		    json_string_value(json_object_get(protected, "url")), head.url);
		assert_true((json_object_get(protected, "jwk") != NULL) == !known);
		assert_true((json_object_get(protected, "kid") != NULL) == known);
		buf_printf(&text, "%s.%s",
		    json_string_value(json_object_get(jws, "protected")),
		    json_string_value(json_object_get(jws, "payload")));
		assert_true(base64url_read(&raw,
		    span_of(json_string_value(json_object_get(jws, "signature")))));
		assert_true(signature_holds(key, buf_span(&text), buf_span(&raw)));
		json_decref(protected);
		json_decref(jws);
		buf_free(&out);
		buf_free(&text);
		buf_free(&raw);
	}
	EVP_PKEY_free(key);
}

TEST(a_binding_that_is_no_base64url_is_refused_without_being_shown)
{
	struct error err;
	struct buf out = {0};
	EVP_PKEY *key = acme_key_new();
	const struct jws_eab wrong = {"kid", "s3cret key!"};
	const struct jws_eab padded = {"kid", "c2VjcmV0IGtleQ=="};
	assert_int_equal(jws_bind(&out, &wrong, "https://ca/new", key, &err), -1);
	assert_null(strstr(err.text, "s3cret"));
	assert_int_equal(jws_bind(&out, &padded, "https://ca/new", key, &err), 0);
	buf_free(&out);
	EVP_PKEY_free(key);
}

TEST(a_key_that_is_written_is_read_again_and_another_is_refused)
{
	struct error err;
	struct buf pem = {0}, one = {0}, two = {0};
	EVP_PKEY *key = acme_key_new(), *rsa = EVP_RSA_gen(2048);
	acme_key_write(&pem, key);
	EVP_PKEY *again = acme_key_read(buf_span(&pem), &err);
	acme_key_jwk(&one, key);
	acme_key_jwk(&two, again);
	assert_string_equal(buf_text(&one), buf_text(&two));
	buf_clear(&pem);
	acme_key_write(&pem, rsa);
	assert_null(acme_key_read(buf_span(&pem), &err));
	assert_null(acme_key_read(SPAN("nothing"), &err));
	EVP_PKEY_free(key);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(again);
	buf_free(&pem);
	buf_free(&one);
	buf_free(&two);
}
