#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "bare.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"

enum { PARAMS_MAX = 100, HMAC_SHA1_SIZE = 20, BASE64_ROOM = 32 };

struct bare_form {
	const char *url;
	EVP_MAC *mac;
	EVP_MAC_CTX *keyed;
	struct pair params[PARAMS_MAX];
	size_t count;
	unsigned char sorted[PARAMS_MAX];
	struct buf covered; /* what the signature covers */
};

struct bare_form *bare_form_new(const char *token, const char *url)
{
	struct bare_form *form = mem_new(1, sizeof(*form));
	char digest[] = "SHA1";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end()};
	form->url = url;
	form->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	form->keyed = EVP_MAC_CTX_new(form->mac);
	if (form->keyed == NULL ||
	    EVP_MAC_init(form->keyed, (const unsigned char *)token, strlen(token),
		params) != 1) {
		fputs("bare: OpenSSL has no HMAC-SHA1\n", stderr);
		exit(1);
	}
	return form;
}

void bare_form_free(struct bare_form *form)
{
	EVP_MAC_CTX_free(form->keyed);
	EVP_MAC_free(form->mac);
	buf_free(&form->covered);
	free(form);
}

static int digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Decodes up to a separator; *in and *out move on. */
static struct span decode(char **in, const char *end, char **out)
{
	char *start = *out, *at = *in, *to = *out;
	for (; at < end && *at != '&' && *at != '='; at++) {
		if (*at == '%' && end - at > 2) {
			*to++ = (char)(unsigned char)(digit(at[1]) << 4 | digit(at[2]));
			at += 2;
		} else {
			*to++ = *at;
			if (*at == '+')
				to[-1] = ' ';
		}
	}
	*in = at;
	*out = to;
	return (struct span){start, (size_t)(to - start)};
}

static void parse(struct bare_form *form, struct buf *body)
{
	char *at = body->ptr, *to = body->ptr, *end = body->ptr + body->len;
	form->count = 0;
	while (at < end && form->count < PARAMS_MAX) {
		struct pair *param = &form->params[form->count++];
		param->name = decode(&at, end, &to);
		param->value = (struct span){to, 0};
		if (at < end && *at == '=') {
			at++;
			param->value = decode(&at, end, &to);
		}
		at++;
	}
}

static int compare(struct span a, struct span b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.ptr, b.ptr, common);
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static void sort(struct bare_form *form)
{
	for (size_t i = 0; i < form->count; i++) {
		size_t at = i;
		for (; at > 0 && compare(form->params[form->sorted[at - 1]].name,
				     form->params[i].name) > 0;
		     at--)
			form->sorted[at] = form->sorted[at - 1];
		form->sorted[at] = (unsigned char)i;
	}
}

static bool genuine(struct bare_form *form, struct span signature)
{
	unsigned char hmac[HMAC_SHA1_SIZE];
	char text[BASE64_ROOM];
	size_t len = 0;
	buf_clear(&form->covered);
	buf_puts(&form->covered, form->url);
	for (size_t i = 0; i < form->count; i++) {
		const struct pair *param = &form->params[form->sorted[i]];
		buf_put(&form->covered, param->name);
		buf_put(&form->covered, param->value);
	}
	EVP_MAC_init(form->keyed, NULL, 0, NULL);
	EVP_MAC_update(
	    form->keyed, (const unsigned char *)form->covered.ptr, form->covered.len);
	EVP_MAC_final(form->keyed, hmac, &len, sizeof(hmac));
	text_base64(text, hmac, len);
	return signature.len == strlen(text) &&
	       CRYPTO_memcmp(signature.ptr, text, signature.len) == 0;
}

static size_t plain_len(struct span text)
{
	size_t len = 0;
	while (len < text.len && (unsigned char)text.ptr[len] >= 0x20 &&
	       text.ptr[len] != '"' && text.ptr[len] != '\\')
		len++;
	return len;
}

static void put_string(struct buf *out, struct span text)
{
	buf_reserve(out, 6 * text.len + 2);
	out->ptr[out->len++] = '"';
	for (;;) {
		size_t plain = plain_len(text);
		buf_put(out, span_head(text, plain));
		if (plain == text.len)
			break;
		buf_printf(out, "\\u%04x", (unsigned char)text.ptr[plain]);
		text = span_from(text, plain + 1);
	}
	out->ptr[out->len++] = '"';
}

static void put_field(struct buf *out, const char *name, struct span value)
{
	buf_puts(out, name);
	put_string(out, value);
}

static struct span get(const struct bare_form *form, const char *name)
{
	for (size_t i = 0; i < form->count; i++)
		if (span_is(form->params[i].name, name))
			return form->params[i].value;
	return SPAN("");
}

static void write_params(const struct bare_form *form, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < form->count; i++) {
		buf_putc(out, i == 0 ? '{' : ',');
		put_string(out, form->params[i].name);
		buf_putc(out, ':');
		put_string(out, form->params[i].value);
	}
	buf_putc(out, '}');
}

static void write_doc(const struct bare_form *form, struct bare_work *work)
{
	struct buf *out = &work->doc;
	char time[CLOCK_ISO_SIZE];
	clock_iso(time, work->received_ms);
	buf_clear(out);
	put_field(
	    out, "{\"_id\":\"000000000000000000000000\",\"messageSid\":", work->sid);
	put_field(out, ",\"from\":", get(form, "From"));
	put_field(out, ",\"to\":", get(form, "To"));
	put_field(out, ",\"body\":", get(form, "Body"));
	buf_puts(out, ",\"direction\":\"inbound\",\"numMedia\":0,\"media\":[]");
	put_field(out, ",\"receivedAt\":", span_of(time));
	buf_puts(
	    out, ",\"status\":\"received\",\"errorCode\":null,\"errorMessage\":null");
	buf_puts(out, ",\"updatedAt\":null}");
}

static void put_escaped(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '<')
			buf_puts(out, "&lt;");
		else if (text.ptr[i] == '>')
			buf_puts(out, "&gt;");
		else if (text.ptr[i] == '&')
			buf_puts(out, "&amp;");
		else
			buf_putc(out, text.ptr[i]);
	}
}

static void write_reply(const struct bare_form *form, struct buf *out)
{
	buf_clear(out);
	buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message>"
		      "Thanks for your message! We received: \"");
	put_escaped(out, get(form, "Body"));
	buf_puts(out, "\"</Message></Response>");
}

bool bare_form_handle(struct bare_form *form, struct bare_work *work)
{
	parse(form, &work->body);
	sort(form);
	if (!genuine(form, buf_span(&work->signature)))
		return false;
	work->received_ms = clock_wall_ms();
	work->sid = get(form, "MessageSid");
	write_params(form, &work->params);
	write_doc(form, work);
	write_reply(form, &work->reply);
	return true;
}
