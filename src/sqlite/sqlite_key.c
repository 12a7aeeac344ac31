#include "sqlite/sqlite_key.h"

#include <inttypes.h>
#include <stdio.h>

#include "query/filter.h"
#include "util/buf.h"
#include "util/text.h"

void sqlite_key_sid(unsigned char out[KEYS_SIZE / 2], struct span sid)
{
	unsigned char digest[32];
	text_sha256(digest, sid);
	memcpy(out, digest, KEYS_SIZE / 2);
}

const unsigned char *sqlite_key_event(struct store_key *key)
{
	if (!key->indexed) {
		memcpy(key->index, key->hash, KEYS_SIZE);
		if (key->sid.len > 0)
			sqlite_key_sid(key->index, key->sid);
		key->indexed = true;
	}
	return key->index;
}

void sqlite_key_hash(
    unsigned char out[KEYS_SIZE], const char *collection, struct span key)
{
	char room[512];
	struct buf large = {0};
	unsigned char digest[32];
	size_t name_len = strlen(collection) + 1;
	char *text = room;
	if (name_len + key.len > sizeof(room)) {
		buf_reserve(&large, name_len + key.len);
		text = large.ptr;
	}
	memcpy(text, collection, name_len);
	if (key.len > 0)
		memcpy(text + name_len, key.ptr, key.len);
	text_sha256(digest, (struct span){text, name_len + key.len});
	memcpy(out, digest, KEYS_SIZE);
	buf_free(&large);
}

bool sqlite_key_text(
    struct span *out, const json_t *value, char digits[SQLITE_KEY_DIGITS])
{
	if (json_is_string(value)) {
		*out =
		    (struct span){json_string_value(value), json_string_length(value)};
		return true;
	}
	if (!json_is_integer(value))
		return false;
	int len = snprintf(digits, SQLITE_KEY_DIGITS, "%" JSON_INTEGER_FORMAT,
	    json_integer_value(value));
	*out = (struct span){digits, (size_t)len};
	return true;
}

bool sqlite_key_is(const json_t *doc, const char *key_field, struct span key)
{
	char digits[SQLITE_KEY_DIGITS];
	struct span own;
	return sqlite_key_text(&own, filter_path(doc, key_field), digits) &&
	       span_eq(own, key);
}
