#include "acme/jws.h"

#include <openssl/hmac.h>
#include <string.h>

#include "acme/base64url.h"
#include "util/jsonw.h"

/* Appends `{"protected":…,"payload":…,"signature":` and gives what is to be signed. */
static void jws_begin(
    struct buf *out, struct buf *signed_text, struct span head, struct span payload)
{
	base64url_put(signed_text, head);
	size_t dot = signed_text->len;
	buf_putc(signed_text, '.');
	base64url_put(signed_text, payload);
	struct span text = buf_span(signed_text);
	buf_putc(out, '{');
	jsonw_field(out, "protected", span_head(text, dot));
	jsonw_field(out, "payload", span_from(text, dot + 1));
	jsonw_key(out, SPAN("signature"));
}

static void jws_end(struct buf *out, struct span signature)
{
	buf_putc(out, '"');
	base64url_put(out, signature);
	buf_puts(out, "\"}");
}

void jws_make(
    struct buf *out, EVP_PKEY *key, const struct jws_head *head, struct span payload)
{
	unsigned char signature[ACME_SIGNATURE];
	struct buf protected = {0}, text = {0};
	buf_puts(&protected, "{\"alg\":\"ES256\"");
	if (head->account != NULL) {
		jsonw_field(&protected, "kid", span_of(head->account));
	} else {
		jsonw_key(&protected, SPAN("jwk"));
		acme_key_jwk(&protected, key);
	}
	jsonw_field(&protected, "nonce", span_of(head->nonce));
	jsonw_field(&protected, "url", span_of(head->url));
	buf_putc(&protected, '}');
	jws_begin(out, &text, buf_span(&protected), payload);
	acme_key_sign(signature, key, buf_span(&text));
	jws_end(out, (struct span){(const char *)signature, sizeof(signature)});
	buf_free(&protected);
	buf_free(&text);
}

int jws_bind(struct buf *out, const struct jws_eab *eab, const char *url, EVP_PKEY *key,
    struct error *err)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int mac_len = 0;
	struct buf secret = {0}, protected = {0}, jwk = {0}, text = {0};
	/* Some CAs give it with padding. */
	struct span given = span_of(eab->key);
	while (given.len > 0 && given.ptr[given.len - 1] == '=')
		given.len--;
	if (given.len == 0 || !base64url_read(&secret, given)) {
		buf_free(&secret);
		return error_set(err, "acme-eab: its key is not base64url");
	}
	buf_puts(&protected, "{\"alg\":\"HS256\"");
	jsonw_field(&protected, "kid", span_of(eab->id));
	jsonw_field(&protected, "url", span_of(url));
	buf_putc(&protected, '}');
	acme_key_jwk(&jwk, key);
	jws_begin(out, &text, buf_span(&protected), buf_span(&jwk));
	HMAC(EVP_sha256(), secret.ptr, (int)secret.len, (const unsigned char *)text.ptr,
	    text.len, mac, &mac_len);
	jws_end(out, (struct span){(const char *)mac, mac_len});
	explicit_bzero(secret.ptr, secret.cap);
	buf_free(&secret);
	buf_free(&protected);
	buf_free(&jwk);
	buf_free(&text);
	return 0;
}
