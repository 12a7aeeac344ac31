#include "doctor/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/mem.h"

enum { TEXT_SIZE = 1024 };

void findings_clear(struct findings *findings)
{
	free(findings->rows);
	findings->rows = NULL;
	findings->count = findings->room = 0;
}

void findings_add(struct findings *findings, enum finding_level level,
    const char *check, const char *mend, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (findings->count == findings->room) {
		findings->room = findings->room * 2 + 16;
		findings->rows =
		    mem_resize(findings->rows, findings->room, sizeof(*findings->rows));
	}
	findings->rows[findings->count++] =
	    (struct finding){level, check, arena_strdup(findings->arena, text),
		mend != NULL ? arena_strdup(findings->arena, mend) : NULL};
}

size_t findings_of(const struct findings *findings, enum finding_level level)
{
	size_t count = 0;
	for (size_t i = 0; i < findings->count; i++)
		count += findings->rows[i].level == level;
	return count;
}
