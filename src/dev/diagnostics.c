#include "dev/diagnostics.h"

#include <string.h>

#include "util/text.h"
#include "view/term.h"

enum { MOST_SHOWN = 8 };

enum severity { SEVERITY_NONE, SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* "app.c:9:24: error: expected ‘;’ before ‘return’" */
struct diagnostic {
	struct span file;
	int64_t line;
	enum severity severity;
	struct span message;
};

struct view {
	FILE *out;
	const char *red, *bold, *dim, *plain;
};

/* Takes the text before the next ':' from the beginning of rest. False when there is
 * none. */
static bool take_field(struct span *out, struct span *rest)
{
	size_t colon = span_find(*rest, ':');
	if (colon == rest->len)
		return false;
	*out = span_head(*rest, colon);
	*rest = span_from(*rest, colon + 1);
	return true;
}

static bool diagnostic_parse(struct diagnostic *out, struct span line)
{
	struct span number, word;
	int64_t column;
	*out = (struct diagnostic){0};
	if (!take_field(&out->file, &line) || !take_field(&number, &line) ||
	    !text_int(number, 1, INT32_MAX, &out->line) || !take_field(&word, &line))
		return false;
	if (text_int(word, 1, INT32_MAX, &column) && !take_field(&word, &line))
		return false;
	word = span_trim(word);
	if (span_is(word, "error") || span_is(word, "fatal error"))
		out->severity = SEVERITY_ERROR;
	else if (span_is(word, "warning"))
		out->severity = SEVERITY_WARNING;
	else if (span_is(word, "note"))
		out->severity = SEVERITY_NOTE;
	out->message = span_trim(line);
	return out->severity != SEVERITY_NONE;
}

static void diagnostic_show(const struct view *view, const struct diagnostic *it)
{
	static const char *const names[] = {"", "note", "warning", "error"};
	const char *colour = it->severity == SEVERITY_ERROR ? view->red : view->dim;
	(void)fputs(view->bold, view->out);
	term_print(view->out, it->file, false);
	(void)fprintf(view->out, ":%d:%s %s%s:%s ", (int)it->line, view->plain, colour,
	    names[it->severity], view->plain);
	term_print(view->out, it->message, false);
	(void)fputc('\n', view->out);
}

/* Takes the next line from the beginning of text. False at its end. */
static bool next_line(struct span *line, struct span *text)
{
	size_t end = span_find(*text, '\n');
	if (text->len == 0)
		return false;
	*line = span_head(*text, end);
	*text = span_from(*text, end < text->len ? end + 1 : end);
	return true;
}

/* Prints each error with its notes, and with the lines that show the place, which begin
 * with a blank. Notes about the insides of macros do not help the author of the call. */
static void show_errors(const struct view *view, struct span said)
{
	struct span line;
	int shown = 0;
	bool showing = false;
	while (next_line(&line, &said)) {
		struct diagnostic it;
		if (diagnostic_parse(&it, line)) {
			if (it.severity == SEVERITY_ERROR)
				showing = shown++ < MOST_SHOWN;
			else if (it.severity == SEVERITY_WARNING ||
				 memmem(it.message.ptr, it.message.len, "macro",
				     strlen("macro")) != NULL)
				showing = false;
			if (showing)
				diagnostic_show(view, &it);
		} else if (showing && line.len > 0 && line.ptr[0] == ' ') {
			term_print(view->out, line, false);
			(void)fputc('\n', view->out);
		}
	}
	if (shown > MOST_SHOWN)
		(void)fprintf(view->out, "… and %d more\n", shown - MOST_SHOWN);
}

static int count_severity(struct span said, enum severity severity)
{
	struct span line;
	struct diagnostic it;
	int count = 0;
	while (next_line(&line, &said))
		count += diagnostic_parse(&it, line) && it.severity == severity;
	return count;
}

struct diagnostics_count diagnostics_show(FILE *out, struct span said, bool colour)
{
	const struct view view = {out, colour ? "\033[31m" : "",
	    colour ? "\033[1m" : "", colour ? "\033[2m" : "", colour ? "\033[0m" : ""};
	struct diagnostics_count count = {count_severity(said, SEVERITY_ERROR),
	    count_severity(said, SEVERITY_WARNING)};
	if (count.errors > 0)
		show_errors(&view, said);
	else
		term_print(out, said, true);
	return count;
}
