#include "util/printable.h"

#include <stdint.h>

#include "util/utf8.h"

enum { JOINER = 0x200d, EMOJI_STYLE = 0xfe0f, SYMBOLS = 0x2190 };

/* https://www.unicode.org/reports/tr9/ for the directions;
 * https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point for the unseen, of
 * which the variation selectors stay. */
static const struct {
	uint32_t first, last;
} hidden[] = {
    {0x00, 0x1f},
    {0x7f, 0x9f},
    {0xad, 0xad},
    {0x34f, 0x34f},
    {0x61c, 0x61c},
    {0x115f, 0x1160},
    {0x17b4, 0x17b5},
    {0x180b, 0x180f},
    {0x200b, 0x200f},
    {0x2028, 0x202e},
    {0x2060, 0x206f},
    {0x3164, 0x3164},
    {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},
    {0xfff0, 0xfffb},
    {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff},
};

static bool is_hidden(uint32_t code)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return true;
	return false;
}

/* A character with its neighbours. */
struct printable {
	uint32_t before, code; /* 0: none */
	struct span bytes; /* its own; one that is not UTF-8: code is 0, see `bad` */
	bool bad;
};

static bool printable_next(struct printable *at, struct span *text)
{
	if (text->len == 0)
		return false;
	at->before = at->code;
	size_t len = utf8_next(*text, &at->code);
	at->bad = len == 0;
	if (at->bad)
		at->code = 0;
	at->bytes = span_head(*text, at->bad ? 1 : len);
	*text = span_from(*text, at->bytes.len);
	return true;
}

static bool is_symbol(uint32_t code)
{
	return code >= SYMBOLS && !is_hidden(code);
}

/* rest: what follows. */
static bool printable_keeps(const struct printable *at, struct span rest)
{
	uint32_t after;
	if (at->bad || !is_hidden(at->code))
		return !at->bad;
	return at->code == JOINER && is_symbol(at->before) && rest.len > 0 &&
	       utf8_next(rest, &after) > 0 && is_symbol(after);
}

bool printable_ascii(struct span text)
{
	uint64_t word, all = 0;
	size_t at = 0;
	for (; text.len - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, text.ptr + at, sizeof(word));
		all |= word;
	}
	for (; at < text.len; at++)
		all |= (unsigned char)text.ptr[at];
	return (all & 0x8080808080808080U) == 0;
}

void printable_text(struct buf *out, struct span text, bool lines)
{
	struct printable at = {0};
	while (printable_next(&at, &text)) {
		if (printable_keeps(&at, text))
			buf_put(out, at.bytes);
		else if (at.bad)
			buf_printf(out, "\\x%02x", (unsigned char)at.bytes.ptr[0]);
		else if (at.code == '\n')
			buf_puts(out, lines ? "\n" : "⏎");
		else if (at.code == '\t')
			buf_putc(out, ' ');
		else if (at.code != '\r' || text.len == 0 || text.ptr[0] != '\n')
			buf_printf(out,
			    at.code < 0x100     ? "\\x%02x"
			    : at.code <= 0xffff ? "\\u%04x"
						: "\\U%08x",
			    (unsigned)at.code);
	}
}

/* JSON escapes the C0 itself; between its strings they are line ends and blanks. */
void printable_json(struct buf *out, struct span json)
{
	struct printable at = {0};
	while (printable_next(&at, &json)) {
		if ((!at.bad && at.code < 0x20) || printable_keeps(&at, json))
			buf_put(out, at.bytes);
		else if (at.bad)
			buf_puts(out, "\\ufffd");
		else if (at.code <= 0xffff)
			buf_printf(out, "\\u%04x", (unsigned)at.code);
		else
			buf_printf(out, "\\u%04x\\u%04x",
			    (unsigned)(0xd7c0 + (at.code >> 10)),
			    (unsigned)(0xdc00 + (at.code & 0x3ff)));
	}
}
