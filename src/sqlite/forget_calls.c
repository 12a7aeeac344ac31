#include "sqlite/forget_calls.h"

#include <string.h>

#include "util/text.h"

enum { SID = 34 };

/* The parameters that name the call or the message which an event is of; not the other
 * leg's. */
static const char *const names[] = {
    "\"CallSid\":\"", "\"MessageSid\":\"", "\"SmsSid\":\""};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

/* What follows the first of that text; absent when it is not there. */
static struct span calls_after(struct span params, const char *text)
{
	size_t len = strlen(text);
	const char *at =
	    params.len < len ? NULL : memmem(params.ptr, params.len, text, len);
	return at == NULL ? (struct span){0}
			  : span_from(params, (size_t)(at - params.ptr) + len);
}

/* A SID's hash, never 0; 0 when the parameter is not there or no SID. */
static uint64_t calls_hash(struct span params, const char *name)
{
	unsigned char digest[32];
	uint64_t hash;
	struct span value = calls_after(params, name);
	if (value.len <= SID || value.ptr[SID] != '"')
		return 0;
	text_sha256(digest, span_head(value, SID));
	memcpy(&hash, digest, sizeof(hash));
	return hash | 1;
}

/* Its place, or the free one where it would be. */
static size_t calls_place(const struct calls *calls, uint64_t hash)
{
	size_t at = (size_t)(hash >> 1) % CALLS_TABLE;
	while (calls->table[at] != 0 && calls->table[at] != hash)
		at = (at + 1) % CALLS_TABLE;
	return at;
}

void calls_add(struct calls *calls, struct span params)
{
	for (size_t i = 0; i < NAMES; i++) {
		uint64_t hash = calls_hash(params, names[i]);
		uint64_t *place = &calls->table[calls_place(calls, hash)];
		if (hash == 0 || *place == hash)
			continue;
		*place = hash;
		calls->count++;
	}
}

bool calls_full(const struct calls *calls)
{
	return calls->count + NAMES > CALLS_MAX;
}

bool calls_hold(const struct calls *calls, struct span params)
{
	if (calls->count == 0 || calls_after(params, "\"From\":\"").ptr != NULL)
		return false;
	for (size_t i = 0; i < NAMES; i++) {
		uint64_t hash = calls_hash(params, names[i]);
		if (hash != 0 && calls->table[calls_place(calls, hash)] == hash)
			return true;
	}
	return false;
}
