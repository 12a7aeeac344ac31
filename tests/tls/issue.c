#include "tls/issue.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void issue_extend(struct issued *out, int nid, const char *value)
{
	X509_EXTENSION *one = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert_non_null(one);
	assert_int_equal(X509_add_ext(out->certificate, one, -1), 1);
	X509_EXTENSION_free(one);
}

void issue_make(struct issued *out, const struct issue *how)
{
	const long day = 86400;
	bool usual = how->from_s == 0 && how->until_s == 0;
	uint64_t serial = 0;
	X509 *made = X509_new();
	out->certificate = made;
	out->key = how->rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	assert_true(made != NULL && out->key != NULL);
	const struct issued *issuer = how->issuer != NULL ? how->issuer : out;
	assert_int_equal(X509_set_version(made, 2), 1);
	assert_int_equal(RAND_bytes((unsigned char *)&serial, sizeof(serial)), 1);
	(void)ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), serial >> 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(made), usual ? -day : how->from_s);
	(void)X509_gmtime_adj(X509_getm_notAfter(made), usual ? day : how->until_s);
	(void)X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN",
	    MBSTRING_UTF8, (const unsigned char *)how->name, -1, -1, 0);
	(void)X509_set_issuer_name(made, X509_get_subject_name(issuer->certificate));
	assert_int_equal(X509_set_pubkey(made, out->key), 1);
	issue_extend(out, NID_basic_constraints,
	    how->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (how->names != NULL)
		issue_extend(out, NID_subject_alt_name, how->names);
	assert_true(X509_sign(made, issuer->key, EVP_sha256()) > 0);
}

void issue_server(struct issued *out, const char *names, const struct issued *issuer)
{
	const struct issue how = {.name = "a server", .names = names, .issuer = issuer};
	issue_make(out, &how);
}

void issue_free(struct issued *issued)
{
	X509_free(issued->certificate);
	EVP_PKEY_free(issued->key);
	*issued = (struct issued){0};
}

/* Nobody sees half a file. */
static FILE *issue_begin(char beside[256], const char *path)
{
	(void)snprintf(beside, 256, "%s.new", path);
	FILE *file = fopen(beside, "w");
	assert_non_null(file);
	assert_int_equal(chmod(beside, 0600), 0);
	return file;
}

static void issue_end(FILE *file, const char *beside, const char *path)
{
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(beside, path), 0);
}

void issue_write_chain(const char *path, const struct issued *first, ...)
{
	char beside[256];
	FILE *file = issue_begin(beside, path);
	va_list more;
	va_start(more, first);
	for (const struct issued *one = first; one != NULL;
	     one = va_arg(more, const struct issued *))
		assert_int_equal(PEM_write_X509(file, one->certificate), 1);
	va_end(more);
	issue_end(file, beside, path);
}

void issue_write_both(const char *path, const struct issued *issued)
{
	char beside[256];
	FILE *file = issue_begin(beside, path);
	assert_int_equal(PEM_write_X509(file, issued->certificate), 1);
	assert_int_equal(
	    PEM_write_PKCS8PrivateKey(file, issued->key, NULL, NULL, 0, NULL, NULL), 1);
	issue_end(file, beside, path);
}

void issue_write_key(
    const char *path, const struct issued *issued, const char *passphrase)
{
	char beside[256];
	FILE *file = issue_begin(beside, path);
	assert_int_equal(
	    PEM_write_PKCS8PrivateKey(file, issued->key,
		passphrase != NULL ? EVP_aes_256_cbc() : NULL, passphrase,
		passphrase != NULL ? (int)strlen(passphrase) : 0, NULL, NULL),
	    1);
	issue_end(file, beside, path);
}
