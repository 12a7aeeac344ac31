#include "acme/acme_key.h"

#include <assert.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "acme/base64url.h"
#include "util/text.h"

enum { COORDINATE = ACME_SIGNATURE / 2 };

/* What fails only where the machine has no memory or no random bytes left. */
static void acme_key_must(bool ok)
{
	if (!ok)
		abort();
}

EVP_PKEY *acme_key_new(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	acme_key_must(key != NULL);
	return key;
}

/* A password would be asked for on the terminal. */
static int acme_key_no_password(char *out, int size, int writing, void *ctx)
{
	*out = '\0';
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

EVP_PKEY *acme_key_read(struct span pem, struct error *err)
{
	char group[32] = "";
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	acme_key_must(bio != NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, acme_key_no_password, NULL);
	BIO_free(bio);
	if (key != NULL &&
	    (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1 ||
		strcmp(group, "prime256v1") != 0)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	if (key == NULL)
		(void)error_set(err, "it has no private key on P-256");
	return key;
}

void acme_key_write(struct buf *out, EVP_PKEY *key)
{
	char *bytes = NULL;
	BIO *bio = BIO_new(BIO_s_secmem());
	acme_key_must(bio != NULL);
	acme_key_must(
	    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	long len = BIO_get_mem_data(bio, &bytes);
	buf_add(out, bytes, (size_t)len);
	BIO_free(bio);
}

static void acme_key_coordinate(
    struct buf *out, const char *member, EVP_PKEY *key, const char *name)
{
	unsigned char bytes[COORDINATE];
	BIGNUM *number = NULL;
	acme_key_must(EVP_PKEY_get_bn_param(key, name, &number) == 1);
	acme_key_must(BN_bn2binpad(number, bytes, COORDINATE) == COORDINATE);
	BN_free(number);
	buf_printf(out, ",\"%s\":\"", member);
	base64url_put(out, (struct span){(const char *)bytes, COORDINATE});
	buf_putc(out, '"');
}

void acme_key_jwk(struct buf *out, EVP_PKEY *key)
{
	buf_puts(out, "{\"crv\":\"P-256\",\"kty\":\"EC\"");
	acme_key_coordinate(out, "x", key, OSSL_PKEY_PARAM_EC_PUB_X);
	acme_key_coordinate(out, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y);
	buf_putc(out, '}');
}

void acme_key_thumbprint(struct buf *out, struct span jwk)
{
	unsigned char hash[32];
	text_sha256(hash, jwk);
	base64url_put(out, (struct span){(const char *)hash, sizeof(hash)});
}

void acme_key_sign(unsigned char out[ACME_SIGNATURE], EVP_PKEY *key, struct span text)
{
	unsigned char der[128];
	size_t len = sizeof(der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	acme_key_must(ctx != NULL &&
		      EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		      EVP_DigestSign(ctx, der, &len, (const unsigned char *)text.ptr,
			  text.len) == 1);
	EVP_MD_CTX_free(ctx);
	const unsigned char *at = der;
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)len);
	acme_key_must(signature != NULL);
	(void)BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, COORDINATE);
	(void)BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + COORDINATE, COORDINATE);
	ECDSA_SIG_free(signature);
}
