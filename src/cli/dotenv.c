#include "cli/dotenv.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"

enum { FILE_LIMIT = 65536 };

/* Whether nothing but a comment is left. */
static bool dotenv_over(struct span text)
{
	text = span_trim(text);
	return text.len == 0 || text.ptr[0] == '#';
}

/* What stands between quotes; else all up to a comment, which a blank or nothing precedes. */
static struct span dotenv_value(struct span text)
{
	bool quoted = text.len > 0 && strchr("\"'`", text.ptr[0]) != NULL;
	for (size_t i = 1; quoted && i < text.len; i++)
		if (text.ptr[i] == text.ptr[0] && dotenv_over(span_from(text, i + 1)))
			return (struct span){text.ptr + 1, i - 1};
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '#' &&
		    (i == 0 || strchr(" \t", text.ptr[i - 1]) != NULL))
			return span_trim(span_head(text, i));
	return text;
}

bool dotenv_next(struct span *text, struct span *name, struct span *value)
{
	while (text->len > 0) {
		size_t end = span_find(*text, '\n');
		struct span line = span_trim(span_head(*text, end));
		*text = span_from(*text, end < text->len ? end + 1 : end);
		if (span_starts(line, SPAN("export ")))
			line = span_trim(span_from(line, strlen("export ")));
		size_t equals = span_find(line, '=');
		if (equals == 0 || equals == line.len || line.ptr[0] == '#')
			continue;
		*name = span_trim(span_head(line, equals));
		*value = dotenv_value(span_trim(span_from(line, equals + 1)));
		return true;
	}
	return false;
}

static struct span dotenv_read(const char *dir, struct arena *arena)
{
	size_t len;
	char *text =
	    text_read_file(arena_printf(arena, "%s/.env", dir), FILE_LIMIT, &len);
	if (text == NULL)
		return (struct span){0};
	struct span copy = arena_copy(arena, (struct span){text, len});
	explicit_bzero(text, len);
	free(text);
	return copy;
}

static bool has_variable(char *const *environment, size_t count, struct span name)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(environment[i], name.ptr, name.len) == 0 &&
		    environment[i][name.len] == '=')
			return true;
	return false;
}

static size_t dotenv_count(char *const *environment)
{
	size_t count = 0;
	while (environment[count] != NULL)
		count++;
	return count;
}

char **dotenv_more(char *const *environment, const char *dir, struct arena *arena)
{
	struct span text = dotenv_read(dir, arena), rest = text, name, value;
	size_t there = dotenv_count(environment), most = 0, count = 0;
	while (dotenv_next(&rest, &name, &value))
		most++;
	char **out = arena_alloc(arena, (most + 1) * sizeof(*out));
	while (dotenv_next(&text, &name, &value))
		if (value.len > 0 && !has_variable(environment, there, name) &&
		    !has_variable(out, count, name))
			out[count++] = arena_printf(
			    arena, "%.*s=%.*s", SPAN_ARG(name), SPAN_ARG(value));
	out[count] = NULL;
	return out;
}

char **dotenv_environment(
    char *const *environment, const char *dir, struct arena *arena)
{
	char **more = dotenv_more(environment, dir, arena);
	size_t there = dotenv_count(environment), added = dotenv_count(more);
	char **out = arena_alloc(arena, (there + added + 1) * sizeof(*out));
	memcpy(out, environment, there * sizeof(*out));
	memcpy(out + there, more, (added + 1) * sizeof(*out));
	return out;
}
