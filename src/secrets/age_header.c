#include "secrets/age_header.h"

#include <string.h>

#include "util/text.h"

#define INTRO "age-encryption.org/v1\n"
#define LABEL "age-encryption.org/v1/X25519"

enum {
	COLUMNS = 64,
	SEALED_KEY = AGE_FILE_KEY + AGE_TAG,
	TEXT32 = 43, /* 32 bytes in Base64 without padding */
	HEADER_MAX = 65536
};

static const unsigned char nonce[AGE_NONCE]; /* each wrapping key is used once */

/* ---- writing ---- */

static void header_base64(struct buf *out, const unsigned char bytes[AGE_KEY])
{
	char text[TEXT32 + 2];
	(void)text_base64(text, bytes, AGE_KEY);
	buf_add(out, text, TEXT32);
}

/* The key that wraps the file key, from what both sides know. */
static void header_wrap_key(unsigned char out[AGE_KEY],
    const unsigned char shared[AGE_KEY], const unsigned char share[AGE_KEY],
    const unsigned char recipient[AGE_KEY])
{
	char salt[2 * AGE_KEY];
	memcpy(salt, share, AGE_KEY);
	memcpy(salt + AGE_KEY, recipient, AGE_KEY);
	age_derive(out, (struct span){(const char *)shared, AGE_KEY},
	    (struct span){salt, sizeof(salt)}, LABEL);
}

static void header_stanza(struct buf *out, const struct age_recipient *recipient,
    const unsigned char file_key[AGE_FILE_KEY])
{
	unsigned char secret[AGE_KEY], share[AGE_KEY], shared[AGE_KEY], key[AGE_KEY];
	unsigned char sealed[SEALED_KEY];
	age_random(secret, sizeof(secret));
	age_public(share, secret);
	/* age_recipients_read has refused the points for which this fails. */
	bool usable = age_shared(shared, secret, recipient->key);
	header_wrap_key(key, shared, share, recipient->key);
	age_lock(
	    sealed, key, nonce, (struct span){(const char *)file_key, AGE_FILE_KEY});
	if (usable) {
		buf_puts(out, "-> X25519 ");
		header_base64(out, share);
		buf_putc(out, '\n');
		header_base64(out, sealed);
		buf_putc(out, '\n');
	}
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(shared, sizeof(shared));
	explicit_bzero(key, sizeof(key));
}

static void header_mac(unsigned char out[AGE_KEY],
    const unsigned char file_key[AGE_FILE_KEY], struct span header)
{
	unsigned char key[AGE_KEY];
	age_derive(key, (struct span){(const char *)file_key, AGE_FILE_KEY},
	    (struct span){0}, "header");
	age_mac(out, key, header);
	explicit_bzero(key, sizeof(key));
}

void age_header_write(struct buf *out, const struct age_recipient *recipients,
    size_t count, const unsigned char file_key[AGE_FILE_KEY])
{
	unsigned char mac[AGE_KEY];
	size_t start = out->len;
	buf_puts(out, INTRO);
	for (size_t i = 0; i < count; i++)
		header_stanza(out, &recipients[i], file_key);
	buf_puts(out, "---");
	header_mac(mac, file_key, span_from(buf_span(out), start));
	buf_putc(out, ' ');
	header_base64(out, mac);
	buf_putc(out, '\n');
}

/* ---- reading ---- */

/* Takes a line off; false when no line ends there. */
static bool header_line(struct span *line, struct span *rest)
{
	size_t end = span_find(*rest, '\n');
	if (end == rest->len)
		return false;
	*line = span_head(*rest, end);
	*rest = span_from(*rest, end + 1);
	return true;
}

/* 32 bytes in Base64 without padding, in the one way in which they can be written. */
static bool header_bytes(unsigned char out[AGE_KEY], struct span text)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0;
	size_t at = 0;
	if (text.len != TEXT32)
		return false;
	for (size_t i = 0, have = 0; i < TEXT32; i++) {
		const char *letter =
		    text.ptr[i] == '\0' ? NULL : strchr(letters, text.ptr[i]);
		if (letter == NULL)
			return false;
		bits = (bits << 6 | (unsigned)(letter - letters)) & 0xffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[at++] = (unsigned char)(bits >> have);
		}
	}
	return (bits & 3) == 0;
}

/* Of a stanza that is not ours: full lines of Base64, then one that is not full. */
static bool header_is_base64(struct span line)
{
	return line.len == 0 ||
	       (line.len <= COLUMNS && line.len % 4 != 1 && text_all_of(line, "+/"));
}

/* Words of visible ASCII with one blank between them. */
static bool header_words(struct span args)
{
	bool blank = true; /* before it */
	for (size_t i = 0; i < args.len; i++) {
		unsigned char c = (unsigned char)args.ptr[i];
		if (c == ' ' ? blank : c < 33 || c > 126)
			return false;
		blank = c == ' ';
	}
	return !blank;
}

struct stanza {
	bool ours; /* X25519 */
	unsigned char share[AGE_KEY], sealed[SEALED_KEY];
};

/* Reads the lines of a stanza after the first. False: malformed. */
static bool header_body(struct stanza *out, struct span *rest)
{
	struct span line;
	size_t lines = 0;
	do {
		if (!header_line(&line, rest) || !header_is_base64(line))
			return false;
		if (out->ours && (lines > 0 || !header_bytes(out->sealed, line)))
			return false;
		lines++;
	} while (line.len == COLUMNS);
	return true;
}

static bool header_read_stanza(struct stanza *out, struct span args, struct span *rest)
{
	size_t blank = span_find(args, ' ');
	if (!header_words(args))
		return false;
	out->ours = span_is(span_head(args, blank), "X25519");
	if (out->ours && (blank == args.len ||
			     !header_bytes(out->share, span_from(args, blank + 1))))
		return false;
	return header_body(out, rest);
}

/* 1: this identity has unwrapped it; 0: it is for another; -1: no such point exists. */
static int header_unwrap(unsigned char file_key[AGE_FILE_KEY],
    const struct stanza *stanza, const struct age_identity *identity)
{
	unsigned char shared[AGE_KEY], key[AGE_KEY];
	struct age_recipient recipient;
	if (!age_shared(shared, identity->key, stanza->share))
		return -1;
	age_identity_recipient(&recipient, identity);
	header_wrap_key(key, shared, stanza->share, recipient.key);
	int found = age_unlock(file_key, key, nonce,
	    (struct span){(const char *)stanza->sealed, SEALED_KEY});
	explicit_bzero(shared, sizeof(shared));
	explicit_bzero(key, sizeof(key));
	return found;
}

static int header_malformed(struct error *err)
{
	return error_set(err, "it is not an age file, or was damaged");
}

/* Tries the identities. found stays set once one has unwrapped a stanza. */
static int header_try(unsigned char file_key[AGE_FILE_KEY], bool *found,
    const struct stanza *stanza, const struct age_identity *identities, size_t count)
{
	for (size_t i = 0; i < count && stanza->ours && !*found; i++) {
		int unwrapped = header_unwrap(file_key, stanza, &identities[i]);
		if (unwrapped < 0)
			return -1;
		*found = unwrapped == 1;
	}
	return 0;
}

int age_header_read(unsigned char file_key[AGE_FILE_KEY], struct span *file,
    const struct age_identity *identities, size_t count, struct error *err)
{
	unsigned char mac[AGE_KEY], want[AGE_KEY];
	struct span line, rest = *file;
	bool found = false;
	size_t stanzas = 0;
	if (!span_starts(rest, SPAN(INTRO)))
		return header_malformed(err);
	rest = span_from(rest, strlen(INTRO));
	for (;;) {
		struct stanza stanza;
		if (!header_line(&line, &rest) ||
		    (size_t)(rest.ptr - file->ptr) > HEADER_MAX)
			return header_malformed(err);
		if (!span_starts(line, SPAN("-> ")))
			break;
		if (!header_read_stanza(&stanza, span_from(line, 3), &rest) ||
		    header_try(file_key, &found, &stanza, identities, count) < 0)
			return header_malformed(err);
		stanzas++;
	}
	if (stanzas == 0 || !span_starts(line, SPAN("--- ")) ||
	    !header_bytes(mac, span_from(line, 4)))
		return header_malformed(err);
	if (!found)
		return error_set(err, "it is sealed to other keys than those given");
	size_t covered = (size_t)(line.ptr - file->ptr) + strlen("---");
	header_mac(want, file_key, span_head(*file, covered));
	if (!age_equal(mac, want)) {
		explicit_bzero(file_key, AGE_FILE_KEY);
		return header_malformed(err);
	}
	*file = rest;
	return 0;
}
