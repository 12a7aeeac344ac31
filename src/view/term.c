#include "view/term.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "util/arena.h"
#include "util/utf8.h"

bool term_is_tty(FILE *out)
{
	return isatty(fileno(out)) != 0;
}

size_t term_width(FILE *out)
{
	struct winsize size = {0};
	return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool term_colour(FILE *out)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	if (no_color != NULL && *no_color != '\0')
		return false;
	return term_is_tty(out) && term != NULL && strcmp(term, "dumb") != 0;
}

/* C0, DEL, C1, and what reverses the direction of the text around it. */
static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
	       (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static void clean_one(struct buf *out, struct span bytes, uint32_t code, bool lines)
{
	if (code == '\n' && lines)
		buf_putc(out, '\n');
	else if (code == '\n')
		buf_puts(out, "⏎");
	else if (code == '\t')
		buf_putc(out, ' ');
	else if (is_control(code))
		buf_printf(out, "\\x%02x", (unsigned)code);
	else
		buf_put(out, bytes);
}

void term_clean(struct buf *out, struct span text, bool lines)
{
	while (text.len > 0) {
		uint32_t code;
		size_t len = utf8_next(text, &code);
		if (len == 0) {
			buf_puts(out, "\xef\xbf\xbd");
			len = 1;
		} else if (code != '\r' || text.len == 1 || text.ptr[1] != '\n') {
			clean_one(out, span_head(text, len), code, lines);
		}
		text = span_from(text, len);
	}
}

void term_print(FILE *out, struct span text, bool lines)
{
	struct buf clean = {0};
	term_clean(&clean, text, lines);
	(void)fputs(buf_text(&clean), out);
	buf_free(&clean);
}

void term_field(FILE *out, const char *name, struct span value)
{
	if (value.len == 0)
		return;
	(void)fprintf(out, "%-12s", name);
	term_print(out, value, false);
	(void)fputc('\n', out);
}

json_t *term_json_text(struct span text)
{
	if (text.ptr == NULL)
		return json_null();
	struct arena *arena = arena_new();
	struct span valid = utf8_repair(text, arena);
	json_t *value = json_stringn(valid.ptr, valid.len);
	arena_free(arena);
	return value;
}

void term_json(FILE *out, json_t *value)
{
	(void)json_dumpf(value, out, JSON_COMPACT);
	(void)fputc('\n', out);
	json_decref(value);
}
