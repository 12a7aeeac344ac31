#include "secrets/age_crypto.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "util/log.h"

enum { DERIVE_MAX = 2 * AGE_KEY };

static void age_must(bool holds)
{
	if (!holds)
		log_fatal("libcrypto cannot do what secrets need");
}

void age_random(unsigned char *out, size_t len)
{
	age_must(RAND_priv_bytes(out, (int)len) == 1);
}

void age_public(unsigned char out[AGE_KEY], const unsigned char secret[AGE_KEY])
{
	size_t len = AGE_KEY;
	EVP_PKEY *key =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, AGE_KEY);
	age_must(key != NULL && EVP_PKEY_get_raw_public_key(key, out, &len) == 1);
	EVP_PKEY_free(key);
}

/* libcrypto refuses the points whose shared secret is 0. */
bool age_shared(unsigned char out[AGE_KEY], const unsigned char secret[AGE_KEY],
    const unsigned char peer[AGE_KEY])
{
	size_t len = AGE_KEY;
	EVP_PKEY *ours =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, AGE_KEY);
	EVP_PKEY *theirs =
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, AGE_KEY);
	EVP_PKEY_CTX *context =
	    ours != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, ours, NULL) : NULL;
	age_must(context != NULL && theirs != NULL);
	bool shared = EVP_PKEY_derive_init(context) == 1 &&
		      EVP_PKEY_derive_set_peer(context, theirs) == 1 &&
		      EVP_PKEY_derive(context, out, &len) == 1 && len == AGE_KEY;
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(theirs);
	EVP_PKEY_free(ours);
	return shared;
}

/* OSSL_PARAM takes no const. */
static OSSL_PARAM age_octets(const char *name, char *copy, struct span bytes)
{
	assert(bytes.len <= DERIVE_MAX);
	if (bytes.len > 0)
		memcpy(copy, bytes.ptr, bytes.len);
	return OSSL_PARAM_construct_octet_string(name, copy, bytes.len);
}

void age_derive(
    unsigned char out[AGE_KEY], struct span from, struct span salt, const char *info)
{
	char sha256[] = "SHA256", copies[3][DERIVE_MAX];
	OSSL_PARAM params[5], *param = params;
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *context = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	*param++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0);
	*param++ = age_octets(OSSL_KDF_PARAM_KEY, copies[0], from);
	*param++ = age_octets(OSSL_KDF_PARAM_INFO, copies[1], span_of(info));
	if (salt.len > 0) /* without one it is zeros */
		*param++ = age_octets(OSSL_KDF_PARAM_SALT, copies[2], salt);
	*param = OSSL_PARAM_construct_end();
	age_must(context != NULL && EVP_KDF_derive(context, out, AGE_KEY, params) == 1);
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	explicit_bzero(copies, sizeof(copies));
}

void age_mac(
    unsigned char out[AGE_KEY], const unsigned char key[AGE_KEY], struct span of)
{
	unsigned int len = 0;
	age_must(HMAC(EVP_sha256(), key, AGE_KEY, (const unsigned char *)of.ptr, of.len,
		     out, &len) != NULL &&
		 len == AGE_KEY);
}

bool age_equal(const unsigned char a[AGE_KEY], const unsigned char b[AGE_KEY])
{
	return CRYPTO_memcmp(a, b, AGE_KEY) == 0;
}

void age_lock(unsigned char *out, const unsigned char key[AGE_KEY],
    const unsigned char nonce[AGE_NONCE], struct span plain)
{
	int len = 0, rest = 0;
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	age_must(context != NULL &&
		 EVP_EncryptInit_ex(
		     context, EVP_chacha20_poly1305(), NULL, key, nonce) == 1 &&
		 EVP_EncryptUpdate(context, out, &len, (const unsigned char *)plain.ptr,
		     (int)plain.len) == 1 &&
		 EVP_EncryptFinal_ex(context, out + len, &rest) == 1 &&
		 EVP_CIPHER_CTX_ctrl(
		     context, EVP_CTRL_AEAD_GET_TAG, AGE_TAG, out + plain.len) == 1);
	EVP_CIPHER_CTX_free(context);
}

bool age_unlock(unsigned char *out, const unsigned char key[AGE_KEY],
    const unsigned char nonce[AGE_NONCE], struct span sealed)
{
	int len = 0, rest = 0;
	size_t plain = sealed.len - AGE_TAG;
	unsigned char tag[AGE_TAG];
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	memcpy(tag, sealed.ptr + plain, AGE_TAG);
	age_must(
	    context != NULL &&
	    EVP_DecryptInit_ex(context, EVP_chacha20_poly1305(), NULL, key, nonce) ==
		1 &&
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AGE_TAG, tag) == 1);
	bool genuine = EVP_DecryptUpdate(context, out, &len,
			   (const unsigned char *)sealed.ptr, (int)plain) == 1 &&
		       EVP_DecryptFinal_ex(context, out + len, &rest) == 1;
	EVP_CIPHER_CTX_free(context);
	return genuine;
}
