#include "secrets/age.h"

#include <assert.h>

#include "secrets/age_header.h"

static const char public_prefix[] = "age", secret_prefix[] = "age-secret-key-";

enum { CHUNK = 65536, PAYLOAD_NONCE = 16 };

/* ---- keys ---- */

void age_identity_new(struct age_identity *out)
{
	age_random(out->key, sizeof(out->key));
}

void age_identity_recipient(
    struct age_recipient *out, const struct age_identity *identity)
{
	age_public(out->key, identity->key);
}

void age_recipient_text(
    char out[BECH32_TEXT_SIZE], const struct age_recipient *recipient)
{
	bech32_write(out, public_prefix, recipient->key);
}

void age_identity_text(char out[BECH32_TEXT_SIZE], const struct age_identity *identity)
{
	bech32_write(out, secret_prefix, identity->key);
	for (char *c = out; *c != '\0'; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
}

/* A key to which nothing can be sealed is a mistake in the list. */
static bool age_usable(const unsigned char key[BECH32_KEY])
{
	unsigned char secret[AGE_KEY], shared[AGE_KEY];
	age_random(secret, sizeof(secret));
	return age_shared(shared, secret, key);
}

/* Calls for each line that counts; fills out, whose elements are BECH32_KEY bytes. */
static int age_read_keys(unsigned char (*out)[BECH32_KEY], size_t *count,
    struct span text, bool secret, struct error *err)
{
	*count = 0;
	for (int number = 1; text.len > 0; number++) {
		size_t end = span_find(text, '\n');
		struct span line = span_trim(span_head(text, end));
		text = span_from(text, end < text.len ? end + 1 : end);
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		if (*count == AGE_KEYS_MAX)
			return error_set(err, "more than %d keys", AGE_KEYS_MAX);
		unsigned char *key = out[(*count)++];
		if (!bech32_read(key, secret ? secret_prefix : public_prefix, line) ||
		    (secret ? line.ptr[0] != 'A'
			    : line.ptr[0] != 'a' || !age_usable(key)))
			return error_set(err, "line %d is no %s", number,
			    secret ? "secret key of age (AGE-SECRET-KEY-1…)"
				   : "public key of age (age1…)");
	}
	if (*count == 0)
		return error_set(err, "there is no key in it");
	return 0;
}

_Static_assert(sizeof(struct age_recipient) == BECH32_KEY &&
		   sizeof(struct age_identity) == BECH32_KEY,
    "keys are their bytes alone");

int age_recipients_read(struct age_recipient out[AGE_KEYS_MAX], size_t *count,
    struct span text, struct error *err)
{
	return age_read_keys(&out->key, count, text, false, err);
}

int age_identities_read(struct age_identity out[AGE_KEYS_MAX], size_t *count,
    struct span text, struct error *err)
{
	return age_read_keys(&out->key, count, text, true, err);
}

/* ---- the payload: chunks, numbered, the last one marked ---- */

struct stream {
	unsigned char key[AGE_KEY];
	unsigned char nonce[AGE_NONCE]; /* a number of 11 bytes; then 1 for the last */
};

static void stream_begin(struct stream *stream,
    const unsigned char file_key[AGE_FILE_KEY], struct span nonce)
{
	*stream = (struct stream){.nonce = {0}};
	age_derive(stream->key, (struct span){(const char *)file_key, AGE_FILE_KEY},
	    nonce, "payload");
}

static void stream_next(struct stream *stream)
{
	for (int i = AGE_NONCE - 2; i >= 0 && ++stream->nonce[i] == 0; i--)
		continue;
}

void age_seal(struct buf *out, struct span plain,
    const struct age_recipient *recipients, size_t count)
{
	unsigned char file_key[AGE_FILE_KEY], nonce[PAYLOAD_NONCE];
	struct stream stream;
	assert(count > 0 && count <= AGE_KEYS_MAX);
	age_random(file_key, sizeof(file_key));
	age_random(nonce, sizeof(nonce));
	age_header_write(out, recipients, count, file_key);
	buf_add(out, nonce, sizeof(nonce));
	stream_begin(
	    &stream, file_key, (struct span){(const char *)nonce, sizeof(nonce)});
	do {
		size_t len = plain.len < CHUNK ? plain.len : CHUNK;
		stream.nonce[AGE_NONCE - 1] = len == plain.len;
		buf_reserve(out, len + AGE_TAG);
		age_lock((unsigned char *)out->ptr + out->len, stream.key, stream.nonce,
		    span_head(plain, len));
		out->len += len + AGE_TAG;
		out->ptr[out->len] = '\0';
		plain = span_from(plain, len);
		stream_next(&stream);
	} while (plain.len > 0);
	explicit_bzero(file_key, sizeof(file_key));
	explicit_bzero(&stream, sizeof(stream));
}

/* The chunks. False: damaged or cut. */
static bool age_open_chunks(struct buf *out, struct stream *stream, struct span sealed)
{
	bool first = true;
	do {
		size_t len =
		    sealed.len < CHUNK + AGE_TAG ? sealed.len : CHUNK + AGE_TAG;
		/* Only the file that holds nothing has a chunk that does. */
		if (len < AGE_TAG || (len == AGE_TAG && !first))
			return false;
		stream->nonce[AGE_NONCE - 1] = len == sealed.len;
		if (!age_unlock((unsigned char *)out->ptr + out->len, stream->key,
			stream->nonce, span_head(sealed, len)))
			return false;
		out->len += len - AGE_TAG;
		sealed = span_from(sealed, len);
		stream_next(stream);
		first = false;
	} while (sealed.len > 0);
	return true;
}

int age_open(struct buf *out, struct span file, const struct age_identity *identities,
    size_t count, struct error *err)
{
	unsigned char file_key[AGE_FILE_KEY] = {0};
	struct stream stream;
	if (age_header_read(file_key, &file, identities, count, err) < 0)
		return -1;
	size_t before = out->len;
	bool whole = file.len >= PAYLOAD_NONCE;
	if (whole) {
		stream_begin(&stream, file_key, span_head(file, PAYLOAD_NONCE));
		file = span_from(file, PAYLOAD_NONCE);
		buf_reserve(out, file.len);
		whole = age_open_chunks(out, &stream, file);
		explicit_bzero(&stream, sizeof(stream));
		if (!whole)
			explicit_bzero(out->ptr + before, out->cap - before);
		out->len = whole ? out->len : before;
		out->ptr[out->len] = '\0';
	}
	explicit_bzero(file_key, sizeof(file_key));
	return whole ? 0 : error_set(err, "it was damaged or cut short");
}
