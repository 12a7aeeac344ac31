#include "client/standard_webhook.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "util/buf.h"
#include "util/text.h"

enum { DIGEST = 32, ENCODED_MAX = 4 * ((STANDARD_WEBHOOK_KEY_MAX + 2) / 3) };

/* Decodes Base64 with padding; -1 when it is not valid. out has room for 3/4 of it. */
static int webhook_decode(unsigned char *out, struct span text)
{
	size_t padding = 0;
	while (padding < 2 && padding < text.len &&
	       text.ptr[text.len - padding - 1] == '=')
		padding++;
	/* OpenSSL would also accept blanks and newlines. */
	for (size_t i = 0; i < text.len - padding; i++) {
		char c = text.ptr[i];
		if (c == '\0' ||
		    strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstu"
			   "vwxyz0123456789+/",
			c) == NULL)
			return -1;
	}
	int len = EVP_DecodeBlock(out, (const unsigned char *)text.ptr, (int)text.len);
	return len < 0 ? -1 : len - (int)padding;
}

size_t standard_webhook_key(
    unsigned char out[STANDARD_WEBHOOK_KEY_MAX], struct span secret, struct error *err)
{
	unsigned char bytes[ENCODED_MAX];
	int len = -1;
	if (span_starts(secret, SPAN("whsec_"))) {
		struct span encoded = span_from(secret, strlen("whsec_"));
		if (encoded.len <= ENCODED_MAX && encoded.len % 4 == 0)
			len = webhook_decode(bytes, encoded);
	}
	if (len < STANDARD_WEBHOOK_KEY_MIN || len > STANDARD_WEBHOOK_KEY_MAX) {
		(void)error_set(err,
		    "it is not whsec_ and %d to %d bytes in Base64; make one with: "
		    "echo whsec_$(openssl rand -base64 32)",
		    STANDARD_WEBHOOK_KEY_MIN, STANDARD_WEBHOOK_KEY_MAX);
		return 0;
	}
	memcpy(out, bytes, (size_t)len);
	explicit_bzero(bytes, sizeof(bytes));
	return (size_t)len;
}

void standard_webhook_sign(char out[STANDARD_WEBHOOK_SIGNATURE], const char *secret,
    const struct standard_webhook *what)
{
	unsigned char key[STANDARD_WEBHOOK_KEY_MAX], digest[EVP_MAX_MD_SIZE];
	unsigned int digest_len = 0;
	struct buf content = {0};
	size_t key_len = standard_webhook_key(key, span_of(secret), NULL);
	assert(key_len > 0);
	buf_printf(&content, "%s.%lld.", what->id, (long long)what->time_s);
	buf_put(&content, what->body);
	HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)content.ptr,
	    content.len, digest, &digest_len);
	assert(digest_len == DIGEST);
	(void)snprintf(out, STANDARD_WEBHOOK_SIGNATURE, "v1,");
	text_base64(out + strlen(out), digest, DIGEST);
	explicit_bzero(key, sizeof(key));
	buf_free(&content);
}
