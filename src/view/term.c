#include "view/term.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "util/arena.h"
#include "util/printable.h"
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

void term_print(FILE *out, struct span text, bool lines)
{
	struct buf clean = {0};
	printable_text(&clean, text, lines);
	(void)fputs(buf_text(&clean), out);
	buf_free(&clean);
}

void term_say(FILE *out, const char *format, ...)
{
	va_list args;
	char *text = NULL;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return;
	term_print(out, span_of(text), true);
	(void)fputc('\n', out);
	free(text);
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

void term_json_dump(FILE *out, const json_t *value, size_t flags)
{
	struct buf printable = {0};
	char *text = json_dumps(value, flags | JSON_ENCODE_ANY);
	if (text != NULL)
		printable_json(&printable, span_of(text));
	buf_putc(&printable, '\n');
	(void)fwrite(printable.ptr, 1, printable.len, out);
	buf_free(&printable);
	free(text);
}

void term_json(FILE *out, json_t *value)
{
	term_json_dump(out, value, JSON_COMPACT);
	json_decref(value);
}
