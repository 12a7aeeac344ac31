#include "acme/certificate.h"

#include <assert.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "acme/base64url.h"
#include "util/text.h"

enum { CHALLENGE_LIFE_S = 7 * 24 * 3600 };

static void certificate_must(bool ok)
{
	if (!ok)
		abort(); /* no memory: as util/mem.h */
}

/* ---- made here ---- */

static void certificate_add_name(GENERAL_NAMES *to, const char *name)
{
	unsigned char bytes[ACME_ADDRESS_SIZE];
	size_t len = acme_name_address(bytes, name);
	GENERAL_NAME *general = GENERAL_NAME_new();
	ASN1_STRING *text = len > 0 ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
	certificate_must(general != NULL && text != NULL);
	certificate_must(len > 0 ? ASN1_STRING_set(text, bytes, (int)len) == 1
				 : ASN1_STRING_set(text, name, -1) == 1);
	GENERAL_NAME_set0_value(general, len > 0 ? GEN_IPADD : GEN_DNS, text);
	certificate_must(sk_GENERAL_NAME_push(to, general) > 0);
}

void certificate_request(struct buf *out, const struct acme_names *names, EVP_PKEY *key)
{
	unsigned char *der = NULL;
	X509_REQ *request = X509_REQ_new();
	GENERAL_NAMES *general = GENERAL_NAMES_new();
	STACK_OF(X509_EXTENSION) *extensions = NULL;
	certificate_must(request != NULL && general != NULL);
	for (size_t i = 0; i < names->count; i++)
		certificate_add_name(general, names->names[i]);
	certificate_must(X509V3_add1_i2d(&extensions, NID_subject_alt_name, general, 0,
			     X509V3_ADD_DEFAULT) == 1);
	certificate_must(X509_REQ_set_version(request, 0) == 1 &&
			 X509_REQ_add_extensions(request, extensions) == 1 &&
			 X509_REQ_set_pubkey(request, key) == 1 &&
			 X509_REQ_sign(request, key, EVP_sha256()) > 0);
	int len = i2d_X509_REQ(request, &der);
	certificate_must(len > 0);
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	GENERAL_NAMES_free(general);
	X509_REQ_free(request);
}

/* id-pe-acmeIdentifier, critical: the hash of the key authorization. */
static void certificate_add_hash(X509 *to, const char *key_authorization)
{
	unsigned char value[2 + 32] = {V_ASN1_OCTET_STRING, 32};
	ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *id = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
	text_sha256(value + 2, span_of(key_authorization));
	certificate_must(data != NULL && id != NULL &&
			 ASN1_OCTET_STRING_set(data, value, sizeof(value)) == 1);
	X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, id, 1, data);
	certificate_must(extension != NULL && X509_add_ext(to, extension, -1) == 1);
	X509_EXTENSION_free(extension);
	ASN1_OBJECT_free(id);
	ASN1_OCTET_STRING_free(data);
}

X509 *certificate_of_challenge(
    const char *name, const char *key_authorization, EVP_PKEY *key)
{
	X509 *made = X509_new();
	GENERAL_NAMES *general = GENERAL_NAMES_new();
	X509_NAME *subject = X509_NAME_new();
	certificate_must(made != NULL && general != NULL && subject != NULL);
	certificate_add_name(general, name);
	certificate_must(
	    X509_set_version(made, 2) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(made), 1) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(made), -CHALLENGE_LIFE_S) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(made), CHALLENGE_LIFE_S) != NULL);
	certificate_must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
			     (const unsigned char *)"acme", -1, -1, 0) == 1 &&
			 X509_set_subject_name(made, subject) == 1 &&
			 X509_set_issuer_name(made, subject) == 1);
	certificate_must(X509_add1_ext_i2d(made, NID_subject_alt_name, general, 0,
			     X509V3_ADD_DEFAULT) == 1);
	certificate_add_hash(made, key_authorization);
	certificate_must(
	    X509_set_pubkey(made, key) == 1 && X509_sign(made, key, EVP_sha256()) > 0);
	X509_NAME_free(subject);
	GENERAL_NAMES_free(general);
	return made;
}

/* ---- from the CA ---- */

static int64_t certificate_time(const ASN1_TIME *time)
{
	struct tm tm = {0};
	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

/* base64url(key identifier of the issuer) "." base64url(serial number, as in DER). */
static void certificate_id(char out[CERTIFICATE_ID_SIZE], X509 *from)
{
	unsigned char *der = NULL;
	struct buf text = {0};
	const ASN1_OCTET_STRING *issuer = X509_get0_authority_key_id(from);
	int len = i2d_ASN1_INTEGER(X509_get_serialNumber(from), &der);
	out[0] = '\0';
	/* Serial numbers have 20 bytes at most (RFC 5280): the length is one byte. */
	if (issuer != NULL && len > 2 && len < 0x80) {
		base64url_put(
		    &text, (struct span){(const char *)ASN1_STRING_get0_data(issuer),
			       (size_t)ASN1_STRING_length(issuer)});
		buf_putc(&text, '.');
		base64url_put(
		    &text, (struct span){(const char *)der + 2, (size_t)len - 2});
		if (text.len < CERTIFICATE_ID_SIZE)
			(void)snprintf(out, CERTIFICATE_ID_SIZE, "%s", buf_text(&text));
	}
	buf_free(&text);
	OPENSSL_free(der);
}

static bool certificate_is_for(X509 *leaf, const char *name)
{
	unsigned char bytes[ACME_ADDRESS_SIZE];
	size_t len = acme_name_address(bytes, name);
	if (len > 0)
		return X509_check_ip(leaf, bytes, len, 0) == 1;
	return X509_check_host(leaf, name, 0, 0, NULL) == 1;
}

static int certificate_check(
    X509 *leaf, const struct acme_names *names, EVP_PKEY *key, struct error *err)
{
	for (size_t i = 0; names != NULL && i < names->count; i++)
		if (!certificate_is_for(leaf, names->names[i]))
			return error_set(
			    err, "the certificate is not for %s", names->names[i]);
	if (key != NULL && EVP_PKEY_eq(X509_get0_pubkey(leaf), key) != 1)
		return error_set(err, "the certificate is for another key");
	return 0;
}

int certificate_read(struct certificate_facts *out, struct span pem,
    const struct acme_names *names, EVP_PKEY *key, struct error *err)
{
	X509 *leaf = NULL, *one = NULL;
	int count = 0, rc = 0;
	*out = (struct certificate_facts){0};
	BIO *bio = BIO_new_mem_buf(pem.len > 0 ? pem.ptr : "",
	    (int)(pem.len > CERTIFICATE_BYTES ? 0 : pem.len));
	certificate_must(bio != NULL);
	while (count <= CERTIFICATE_CHAIN_MAX &&
	       (one = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (count++ == 0)
			leaf = one;
		else
			X509_free(one);
	}
	if (count == 0 || count > CERTIFICATE_CHAIN_MAX)
		rc = error_set(err, "it is no chain of certificates (PEM)");
	else
		rc = certificate_check(leaf, names, key, err);
	if (rc == 0) {
		out->not_before_ms = certificate_time(X509_get0_notBefore(leaf));
		out->not_after_ms = certificate_time(X509_get0_notAfter(leaf));
		certificate_id(out->id, leaf);
	}
	X509_free(leaf);
	BIO_free(bio);
	return rc;
}
