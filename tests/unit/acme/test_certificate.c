#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "acme/acme_key.h"
#include "acme/certificate.h"
#include "test.h"

/* The certificate of RFC 9773, appendix A, and its id (section 4.1). */
static const char example[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt\n"
    "cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS\n"
    "BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu\n"
    "7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf\n"
    "qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B\n"
    "yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb\n"
    "+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK\n"
    "-----END CERTIFICATE-----\n";

TEST(a_certificate_has_the_id_of_rfc_9773)
{
	struct certificate_facts facts;
	struct error err;
	if (certificate_read(&facts, span_of(example), NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(facts.id, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
}

TEST(a_chain_that_is_for_other_names_or_another_key_is_refused)
{
	static const struct {
		const char *names, *why;
	} rows[] = {
	    {"hooks.example.com,other.example.com", "not for other.example.com"},
	    {"203.0.113.7", "not for 203.0.113.7"}};
	struct certificate_facts facts;
	struct error err;
	struct acme_names names;
	EVP_PKEY *key = acme_key_new(), *other = acme_key_new();
	X509 *made = certificate_of_challenge("hooks.example.com", "token.print", key);
	char *text = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_X509(bio, made), 1);
	long len = BIO_get_mem_data(bio, &text);
	struct span pem = {text, (size_t)len};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    acme_names_parse(&names, span_of(rows[i].names), &err), 0);
		assert_int_equal(certificate_read(&facts, pem, &names, key, &err), -1);
		assert_non_null(strstr(err.text, rows[i].why));
	}
	assert_int_equal(acme_names_parse(&names, SPAN("hooks.example.com"), &err), 0);
	assert_int_equal(certificate_read(&facts, pem, &names, key, &err), 0);
	assert_string_equal(facts.id, ""); /* it names no issuer's key */
	assert_int_equal(certificate_read(&facts, pem, &names, other, &err), -1);
	assert_int_equal(certificate_read(&facts, SPAN(""), NULL, NULL, &err), -1);
	BIO_free(bio);
	X509_free(made);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

TEST(a_request_has_all_names_and_its_key)
{
	struct error err;
	struct acme_names names;
	struct buf der = {0};
	EVP_PKEY *key = acme_key_new();
	assert_int_equal(acme_names_parse(&names,
			     SPAN("b.example.com,203.0.113.7,2001:db8::1"), &err),
	    0);
	certificate_request(&der, &names, key);
	const unsigned char *at = (const unsigned char *)der.ptr;
	X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)der.len);
	assert_non_null(request);
	assert_int_equal(X509_REQ_verify(request, key), 1);
	STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
	GENERAL_NAMES *general =
	    X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
	assert_int_equal(sk_GENERAL_NAME_num(general), 3);
	GENERAL_NAMES_free(general);
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	X509_REQ_free(request);
	EVP_PKEY_free(key);
	buf_free(&der);
}

TEST(names_are_checked_and_each_mistake_is_named)
{
	static const char *const rows[][2] = {{"*.example.com", "wildcard"},
	    {"localhost", "no dot"}, {"", "missing"}, {"a.example.com,", "missing"},
	    {"https://a.example.com", "without https://"},
	    {"a.example.com:443", "without a port"}, {"a..example.com", "neither"},
	    {"-a.example.com", "neither"}, {"a_b.example.com", "neither"},
	    {"300.1.1.1", "no address"}};
	struct acme_names names;
	struct error err;
	char sni[ACME_SNI_SIZE];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    acme_names_parse(&names, span_of(rows[i][0]), &err), -1);
		if (strstr(err.text, rows[i][1]) == NULL)
			fail_msg("%s: %s", rows[i][0], err.text);
	}
	assert_int_equal(
	    acme_names_parse(&names,
		SPAN("B.example.com, a.example.com,2001:DB8:0::1,b.example.com"), &err),
	    0);
	assert_int_equal(names.count, 3);
	assert_string_equal(names.names[0], "2001:db8::1");
	assert_string_equal(names.names[1], "a.example.com");
	assert_string_equal(
	    acme_name_sni(sni, "203.0.113.7"), "7.113.0.203.in-addr.arpa");
	assert_string_equal(acme_name_sni(sni, "2001:db8::1"),
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
	assert_string_equal(acme_name_sni(sni, "a.example.com"), "a.example.com");
}
