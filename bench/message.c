#include "message.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

enum { FIELDS_MAX = 20, SID_DIGITS = 32, HMAC_SHA1_SIZE = 20, SIGNATURE_ROOM = 32 };

struct message_maker {
	const char *url, *target; /* target: url from its path on */
	struct span host;
	struct message_field fields[FIELDS_MAX];
	size_t count, sorted[FIELDS_MAX];
	const char *connection; /* its header, or "" */
	uint64_t random;
	EVP_MAC *mac;
	EVP_MAC_CTX *keyed;
	struct buf form;
};

static const struct message_field sms[] = {
    {"ToCountry", "US"},
    {"ToState", "CA"},
    {"SmsMessageSid", ""},
    {"NumMedia", "0"},
    {"ToCity", "SAN FRANCISCO"},
    {"FromZip", "10001"},
    {"SmsSid", ""},
    {"FromState", "NY"},
    {"SmsStatus", "received"},
    {"FromCity", "NEW YORK"},
    {"Body", ""},
    {"FromCountry", "US"},
    {"To", "+14155550100"},
    {"MessagingServiceSid", "MG0123456789abcdef0123456789abcdef"},
    {"ToZip", "94105"},
    {"NumSegments", "1"},
    {"MessageSid", ""},
    {"AccountSid", "AC0123456789abcdef0123456789abcdef"},
    {"From", ""},
    {"ApiVersion", "2010-04-01"},
};

static const struct message_field status[] = {
    {"SmsSid", ""},
    {"SmsStatus", "delivered"},
    {"MessageStatus", "delivered"},
    {"To", "+14155550100"},
    {"MessageSid", ""},
    {"AccountSid", "AC0123456789abcdef0123456789abcdef"},
    {"From", ""},
    {"ApiVersion", "2010-04-01"},
};

/* splitmix64: quick, and no two of 2^64 alike. */
static uint64_t random_next(struct message_maker *maker)
{
	uint64_t z = maker->random += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static struct message_field *find(struct message_maker *maker, const char *name)
{
	for (size_t i = 0; i < maker->count; i++)
		if (strcmp(maker->fields[i].name, name) == 0)
			return &maker->fields[i];
	return NULL;
}

static void set(struct message_maker *maker, const char *name, const char *value)
{
	struct message_field *field = find(maker, name);
	if (field != NULL)
		snprintf(field->value, sizeof(field->value), "%s", value);
}

void message_next(struct message_maker *maker)
{
	uint64_t bits[2] = {random_next(maker), random_next(maker)};
	char sid[2 + SID_DIGITS + 1] = "SM", from[24], body[112];
	text_hex(sid + 2, bits, sizeof(bits));
	snprintf(from, sizeof(from), "+1555%07u", (unsigned)(bits[0] % 10000000));
	snprintf(body, sizeof(body),
	    "Hi, is the blue bicycle in your window still for "
	    "sale? I'd come by at 5 & pay cash. %08x",
	    (unsigned)bits[1]);
	set(maker, "MessageSid", sid);
	set(maker, "SmsSid", sid);
	set(maker, "SmsMessageSid", sid);
	set(maker, "From", from);
	set(maker, "Body", body);
}

static void sort_names(struct message_maker *maker)
{
	for (size_t i = 0; i < maker->count; i++) {
		size_t at = i;
		for (; at > 0 && strcmp(maker->fields[maker->sorted[at - 1]].name,
				     maker->fields[i].name) > 0;
		     at--)
			maker->sorted[at] = maker->sorted[at - 1];
		maker->sorted[at] = i;
	}
}

static void set_key(struct message_maker *maker, const char *token)
{
	char digest[] = "SHA1";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end()};
	maker->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	maker->keyed = EVP_MAC_CTX_new(maker->mac);
	if (maker->keyed == NULL ||
	    EVP_MAC_init(maker->keyed, (const unsigned char *)token, strlen(token),
		params) != 1) {
		fputs("message: OpenSSL has no HMAC-SHA1\n", stderr);
		exit(1);
	}
}

struct message_maker *message_maker_new(
    enum message_kind kind, const char *url, const char *token)
{
	struct message_maker *maker = mem_new(1, sizeof(*maker));
	const char *scheme_end = strstr(url, "://");
	const char *host = scheme_end != NULL ? scheme_end + 3 : url;
	maker->url = url;
	maker->connection = "";
	maker->target = host + strcspn(host, "/");
	maker->host = (struct span){host, (size_t)(maker->target - host)};
	if (kind == MESSAGE_SMS) {
		memcpy(maker->fields, sms, sizeof(sms));
		maker->count = sizeof(sms) / sizeof(sms[0]);
	} else {
		memcpy(maker->fields, status, sizeof(status));
		maker->count = sizeof(status) / sizeof(status[0]);
	}
	sort_names(maker);
	set_key(maker, token);
	if (RAND_bytes((unsigned char *)&maker->random, sizeof(maker->random)) != 1)
		abort();
	message_next(maker);
	return maker;
}

void message_maker_free(struct message_maker *maker)
{
	if (maker == NULL)
		return;
	EVP_MAC_CTX_free(maker->keyed);
	EVP_MAC_free(maker->mac);
	buf_free(&maker->form);
	free(maker);
}

void message_ends_connection(struct message_maker *maker)
{
	maker->connection = "Connection: close\r\n";
}

const struct message_field *message_fields(
    const struct message_maker *maker, size_t *count)
{
	*count = maker->count;
	return maker->fields;
}

const char *message_value(const struct message_maker *maker, const char *name)
{
	for (size_t i = 0; i < maker->count; i++)
		if (strcmp(maker->fields[i].name, name) == 0)
			return maker->fields[i].value;
	return NULL;
}

static void put_encoded(struct buf *out, const char *value)
{
	static const char digits[] = "0123456789ABCDEF";
	buf_reserve(out, 3 * strlen(value));
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;
		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.') {
			out->ptr[out->len++] = (char)c;
		} else if (c == ' ') {
			out->ptr[out->len++] = '+';
		} else {
			out->ptr[out->len++] = '%';
			out->ptr[out->len++] = digits[c >> 4];
			out->ptr[out->len++] = digits[c & 15];
		}
	}
}

/* Twilio's rule: the URL, then every name and value, sorted by name. */
static void sign(struct message_maker *maker, char out[SIGNATURE_ROOM])
{
	struct buf text = {0};
	unsigned char hmac[HMAC_SHA1_SIZE];
	size_t len;
	buf_reserve(&text, 1024);
	buf_puts(&text, maker->url);
	for (size_t i = 0; i < maker->count; i++) {
		const struct message_field *field = &maker->fields[maker->sorted[i]];
		buf_puts(&text, field->name);
		buf_puts(&text, field->value);
	}
	if (EVP_MAC_init(maker->keyed, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(maker->keyed, (const unsigned char *)text.ptr, text.len) !=
		1 ||
	    EVP_MAC_final(maker->keyed, hmac, &len, sizeof(hmac)) != 1)
		abort();
	buf_free(&text);
	text_base64(out, hmac, len);
}

void message_request(struct message_maker *maker, struct buf *out)
{
	char signature[SIGNATURE_ROOM];
	buf_clear(&maker->form);
	for (size_t i = 0; i < maker->count; i++) {
		if (i > 0)
			buf_putc(&maker->form, '&');
		buf_puts(&maker->form, maker->fields[i].name);
		buf_putc(&maker->form, '=');
		put_encoded(&maker->form, maker->fields[i].value);
	}
	sign(maker, signature);
	buf_printf(out,
	    "POST %s HTTP/1.1\r\n"
	    "Host: %.*s\r\n"
	    "User-Agent: TwilioProxy/1.1\r\n"
	    "Accept: */*\r\n"
	    "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
	    "I-Twilio-Idempotency-Token: %016llx-%08x\r\n"
	    "X-Twilio-Signature: %s\r\n%s"
	    "Content-Length: %zu\r\n\r\n",
	    maker->target, SPAN_ARG(maker->host), (unsigned long long)maker->random,
	    (unsigned)(maker->random >> 13), signature, maker->connection,
	    maker->form.len);
	buf_put(out, buf_span(&maker->form));
}
