#include "cmd/show_findings.h"

#include <string.h>

#include "view/term.h"

static void show_mend(FILE *out, const char *mend)
{
	while (mend != NULL && *mend != '\0') {
		size_t len = strcspn(mend, "\n");
		term_say(out, "         %.*s", (int)len, mend);
		mend += len + (mend[len] == '\n');
	}
}

void show_findings(FILE *out, const struct findings *findings)
{
	static const char *const levels[] = {"ok", "warning", "error"};
	static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m"};
	bool colour = term_colour(out);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->rows[i];
		(void)fputs(colour ? colours[finding->level] : "", out);
		(void)fprintf(out, "%-8s", levels[finding->level]);
		(void)fputs(colour ? "\033[0m " : " ", out);
		term_say(out, "%s: %s", finding->check, finding->text);
		show_mend(out, finding->mend);
	}
	term_say(out, "%zu ok, %zu warnings, %zu errors",
	    findings_of(findings, FINDING_OK), findings_of(findings, FINDING_WARNING),
	    findings_of(findings, FINDING_ERROR));
}
