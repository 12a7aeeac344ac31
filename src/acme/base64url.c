#include "acme/base64url.h"

#include <stdint.h>

#include "util/text.h"

static const char base64url_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_put(struct buf *out, struct span bytes)
{
	buf_reserve(out, 4 * ((bytes.len + 2) / 3) + 1);
	char *at = out->ptr + out->len;
	size_t len = text_base64(at, bytes.ptr, bytes.len);
	while (len > 0 && at[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++) {
		if (at[i] == '+')
			at[i] = '-';
		else if (at[i] == '/')
			at[i] = '_';
	}
	at[len] = '\0';
	out->len += len;
}

bool base64url_is(struct span text)
{
	return text_all_of(text, "-_");
}

bool base64url_read(struct buf *out, struct span text)
{
	size_t had = out->len;
	uint32_t bits = 0;
	unsigned held = 0;
	if (text.len % 4 == 1 || (text.len > 0 && !base64url_is(text)))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const char *at = strchr(base64url_letters, text.ptr[i]);
		bits = (bits << 6) | (uint32_t)(at - base64url_letters);
		held += 6;
		if (held >= 8) {
			held -= 8;
			buf_putc(out, (char)((bits >> held) & 0xff));
		}
	}
	if ((bits & ((1U << held) - 1)) != 0) { /* two texts for the same bytes */
		out->len = had;
		return false;
	}
	return true;
}
