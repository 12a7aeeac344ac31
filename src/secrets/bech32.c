#include "secrets/bech32.h"

#include <assert.h>
#include <ctype.h>
#include <stdint.h>

enum { GROUPS = (BECH32_KEY * 8 + 4) / 5, CHECK = 6, PREFIX_MAX = 20 };

static const char letters[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t bech32_step(uint32_t sum, unsigned value)
{
	static const uint32_t generator[] = {
	    0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
	uint32_t top = sum >> 25;
	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (int i = 0; i < 5; i++)
		sum ^= (top >> i & 1) != 0 ? generator[i] : 0;
	return sum;
}

/* The checksum's state after the prefix. */
static uint32_t bech32_begin(const char *prefix)
{
	uint32_t sum = 1;
	for (const char *c = prefix; *c != '\0'; c++)
		sum = bech32_step(sum, (unsigned char)*c >> 5);
	sum = bech32_step(sum, 0);
	for (const char *c = prefix; *c != '\0'; c++)
		sum = bech32_step(sum, (unsigned char)*c & 31);
	return sum;
}

void bech32_write(
    char out[BECH32_TEXT_SIZE], const char *prefix, const unsigned char key[BECH32_KEY])
{
	size_t len = strlen(prefix);
	assert(len <= PREFIX_MAX);
	uint32_t sum = bech32_begin(prefix), bits = 0;
	memcpy(out, prefix, len);
	out[len++] = '1';
	for (int i = 0, have = 0, at = 0; i < GROUPS; i++) {
		if (have < 5) {
			bits = bits << 8 | (at < BECH32_KEY ? key[at] : 0);
			at++;
			have += 8;
		}
		have -= 5;
		unsigned group = bits >> have & 31;
		sum = bech32_step(sum, group);
		out[len++] = letters[group];
	}
	for (int i = 0; i < CHECK; i++)
		sum = bech32_step(sum, 0);
	sum ^= 1;
	for (int i = 0; i < CHECK; i++)
		out[len++] = letters[sum >> (5 * (CHECK - 1 - i)) & 31];
	out[len] = '\0';
}

/* The letter's value; -1: it is none of that case. */
static int bech32_value(char c, bool upper)
{
	int lower = upper ? tolower((unsigned char)c) : c;
	const char *at = c == '\0' || (upper && c >= 'a' && c <= 'z')
			     ? NULL
			     : strchr(letters, lower);
	return at == NULL ? -1 : (int)(at - letters);
}

bool bech32_read(unsigned char key[BECH32_KEY], const char *prefix, struct span text)
{
	size_t before = strlen(prefix) + 1;
	if (text.len != before + GROUPS + CHECK ||
	    !span_ieq(span_head(text, before - 1), span_of(prefix)) ||
	    text.ptr[before - 1] != '1')
		return false;
	bool upper = isupper((unsigned char)text.ptr[0]) != 0;
	for (size_t i = 0; i < before - 1; i++)
		if (isalpha((unsigned char)text.ptr[i]) != 0 &&
		    (isupper((unsigned char)text.ptr[i]) != 0) != upper)
			return false;
	uint32_t sum = bech32_begin(prefix), bits = 0;
	for (size_t i = 0, have = 0, at = 0; i < GROUPS + CHECK; i++) {
		int value = bech32_value(text.ptr[before + i], upper);
		if (value < 0)
			return false;
		sum = bech32_step(sum, (unsigned)value);
		if (i >= GROUPS)
			continue;
		bits = bits << 5 | (unsigned)value;
		have += 5;
		if (have >= 8) {
			have -= 8;
			key[at++] = (unsigned char)(bits >> have);
		}
	}
	/* The bits of the last group that belong to no byte are 0. */
	return sum == 1 && (bits & 15) == 0;
}
