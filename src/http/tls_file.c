#include "http/tls_file.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pemerr.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { SUBJECT_SIZE = TLS_ISSUER_SIZE, DATE_SIZE = 64 };

/* Whether the file can be read, and holds none of what was looked for. */
static bool file_lacks(unsigned long code)
{
	int lib = ERR_GET_LIB(code), reason = ERR_GET_REASON(code);
	return (lib == ERR_LIB_PEM && reason == PEM_R_NO_START_LINE) ||
	       (lib == ERR_LIB_OSSL_DECODER && reason == ERR_R_UNSUPPORTED);
}

/* What libssl said first, or, of a file, the system: later errors say only who was told. */
static int file_failed(const char *path, const char *what, struct error *err)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);
	char text[128];
	(void)snprintf(text, sizeof(text), "%s",
	    file_lacks(code)         ? "there is none in it"
	    : ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
	    : reason != NULL         ? reason
				     : "unknown error");
	ERR_clear_error();
	return error_set(err, "%s: %s: %s", path, what, text);
}

/* An encrypted key must not ask at a terminal that a service does not have. */
static int file_no_passphrase(char *out, int size, int writing, void *ctx)
{
	*out = '\0';
	(void)size;
	(void)writing;
	*(bool *)ctx = true;
	return -1;
}

static int file_load_key(SSL_CTX *ctx, const struct tls_pair *pair, struct error *err)
{
	const char *path = pair->key != NULL ? pair->key : pair->chain;
	bool encrypted = false;
	SSL_CTX_set_default_passwd_cb(ctx, file_no_passphrase);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, &encrypted);
	int rc = SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	if (rc == 1)
		return 0;
	if (encrypted) {
		ERR_clear_error();
		return error_set(err,
		    "%s: the key is encrypted; write it without a passphrase: openssl "
		    "pkey -in %s -out FILE",
		    path, path);
	}
	unsigned long code = ERR_peek_last_error();
	if (ERR_GET_LIB(code) == ERR_LIB_X509 &&
	    ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH) {
		ERR_clear_error();
		return error_set(err,
		    "%s: the key is not that of the first certificate in %s, where the "
		    "server's own stands",
		    path, pair->chain);
	}
	if (pair->key == NULL && file_lacks(ERR_peek_error())) {
		ERR_clear_error();
		return error_set(err,
		    "%s: it holds no key (give the key's own file with tls-key)", path);
	}
	return file_failed(path, "no key can be read", err);
}

/* ---- whether clients will accept it ---- */

struct file_check {
	bool untrusted; /* it ends at a CA that this machine does not know */
};

static int file_on_verify(int good, X509_STORE_CTX *store)
{
	struct file_check *check = X509_STORE_CTX_get_app_data(store);
	bool alone = sk_X509_num(X509_STORE_CTX_get0_chain(store)) <= 1;
	if (good == 1)
		return 1;
	switch (X509_STORE_CTX_get_error(store)) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
		if (alone)
			return 0;
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
		break;
	default:
		return 0;
	}
	check->untrusted = true;
	return 1;
}

static void file_subject(char out[SUBJECT_SIZE], const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	out[0] = '\0';
	if (bio == NULL)
		return;
	(void)X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
	long len = BIO_get_mem_data(bio, &text);
	(void)snprintf(out, SUBJECT_SIZE, "%.*s", (int)len, text);
	BIO_free(bio);
}

static void file_date(char out[DATE_SIZE], const ASN1_TIME *time)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	out[0] = '\0';
	if (bio == NULL)
		return;
	(void)ASN1_TIME_print_ex(bio, time, ASN1_DTFLGS_ISO8601);
	long len = BIO_get_mem_data(bio, &text);
	(void)snprintf(out, DATE_SIZE, "%.*s", (int)len, text);
	BIO_free(bio);
}

static int file_refused(
    X509_STORE_CTX *store, const struct tls_pair *pair, struct error *err)
{
	int code = X509_STORE_CTX_get_error(store);
	const X509 *at = X509_STORE_CTX_get_current_cert(store);
	char subject[SUBJECT_SIZE] = "", issuer[SUBJECT_SIZE] = "", date[DATE_SIZE];
	if (at != NULL) {
		file_subject(subject, X509_get_subject_name(at));
		file_subject(issuer, X509_get_issuer_name(at));
	}
	switch (code) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		file_date(date, X509_get0_notAfter(at));
		return error_set(err, "%s: the certificate of %s has expired on %s",
		    pair->chain, subject, date);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		file_date(date, X509_get0_notBefore(at));
		return error_set(err,
		    "%s: the certificate of %s is not valid before %s; is this machine's "
		    "clock right?",
		    pair->chain, subject, date);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return error_set(err,
		    "%s: the certificate of its issuer (%s) is missing, so that clients "
		    "cannot verify it; give the full chain (fullchain.pem), the server's "
		    "own certificate first",
		    pair->chain, issuer);
	default:
		return error_set(err, "%s: the certificate of %s: %s", pair->chain,
		    subject, X509_verify_cert_error_string(code));
	}
}

/* OpenSSL does not look at the dates of the last one, when its issuer is unknown. */
static bool file_now(X509 *certificate, X509_STORE_CTX *store)
{
	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
		X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_HAS_EXPIRED);
	else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
		X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_NOT_YET_VALID);
	else
		return true;
	X509_STORE_CTX_set_current_cert(store, certificate);
	return false;
}

static bool file_chain_now(X509_STORE_CTX *store)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);
	for (int i = 0; i < sk_X509_num(chain); i++)
		if (!file_now(sk_X509_value(chain, i), store))
			return false;
	return true;
}

/* Whether each is followed by its issuer, as far as the file has them: RFC 5246, 7.4.2. */
static bool file_ordered(X509 *leaf, STACK_OF(X509) * others)
{
	X509 *at = leaf;
	for (int i = 0; i < sk_X509_num(others); i++) {
		bool later = false;
		for (int k = i; k < sk_X509_num(others) && !later; k++)
			later = X509_check_issued(sk_X509_value(others, k), at) ==
				X509_V_OK;
		if (!later)
			return true;
		if (X509_check_issued(sk_X509_value(others, i), at) != X509_V_OK)
			return false;
		at = sk_X509_value(others, i);
	}
	return true;
}

static void file_unknown_ca(
    struct tls_file *out, X509_STORE_CTX *store, const X509 *leaf)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);
	int count = sk_X509_num(chain);
	const X509 *last = count > 0 ? sk_X509_value(chain, count - 1) : leaf;
	file_subject(out->unknown_ca, X509_get_issuer_name(last));
}

static int file_check(
    struct tls_file *out, SSL_CTX *ctx, const struct tls_pair *pair, struct error *err)
{
	struct file_check check = {.untrusted = false};
	X509 *leaf = SSL_CTX_get0_certificate(ctx);
	STACK_OF(X509) *others = NULL;
	X509_STORE *trusted = X509_STORE_new();
	X509_STORE_CTX *store = X509_STORE_CTX_new();
	int rc = -1;
	(void)SSL_CTX_get0_chain_certs(ctx, &others);
	if (trusted == NULL || store == NULL ||
	    X509_STORE_set_default_paths(trusted) != 1 ||
	    X509_STORE_CTX_init(store, trusted, leaf, others) != 1) {
		(void)file_failed(pair->chain, "it cannot be verified", err);
	} else {
		(void)X509_STORE_CTX_set_app_data(store, &check);
		X509_STORE_CTX_set_verify_cb(store, file_on_verify);
		(void)X509_STORE_CTX_set_default(store, "ssl_server");
		rc = X509_verify_cert(store) == 1 && file_chain_now(store)
			 ? 0
			 : file_refused(store, pair, err);
	}
	if (rc == 0 && !file_ordered(leaf, others))
		rc = error_set(err,
		    "%s: its certificates are out of order: the server's own comes first, "
		    "and each is followed by that of its issuer",
		    pair->chain);
	if (rc == 0 && check.untrusted)
		file_unknown_ca(out, store, leaf);
	X509_STORE_CTX_free(store);
	X509_STORE_free(trusted);
	ERR_clear_error();
	return rc;
}

int tls_file_load(
    struct tls_file *out, SSL_CTX *ctx, const struct tls_pair *pair, struct error *err)
{
	*out = (struct tls_file){.unknown_ca = ""};
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, pair->chain) != 1)
		return file_failed(pair->chain, "no certificate can be read", err);
	if (file_load_key(ctx, pair, err) < 0)
		return -1;
	return file_check(out, ctx, pair, err);
}
