#include "twilio/diagnose_body.h"

#include <string.h>

#include "twilio/diagnose_url.h"

#define BOM "\xEF\xBB\xBF"

static struct span body_without_mark(struct span body)
{
	return span_starts(body, SPAN(BOM)) ? span_from(body, 3) : body;
}

static struct span body_without_line_end(struct span body)
{
	if (body.len == 0 || body.ptr[body.len - 1] != '\n')
		return body;
	body.len--;
	if (body.len > 0 && body.ptr[body.len - 1] == '\r')
		body.len--;
	return body;
}

static struct span body_without_line_ends(struct span body)
{
	size_t len;
	do {
		len = body.len;
		body = body_without_line_end(body);
	} while (body.len < len);
	return body;
}

/* ---- each makes another body; the same one: it does not apply ---- */

static struct span edit_cut_newline(struct span body, struct arena *arena)
{
	(void)arena;
	return body_without_line_end(body);
}

static struct span edit_cut_newlines(struct span body, struct arena *arena)
{
	(void)arena;
	return body_without_line_ends(body);
}

static struct span edit_cut_mark(struct span body, struct arena *arena)
{
	(void)arena;
	return body_without_mark(body);
}

static struct span edit_cut_both(struct span body, struct arena *arena)
{
	(void)arena;
	return body_without_line_ends(body_without_mark(body));
}

static struct span edit_trim(struct span body, struct arena *arena)
{
	(void)arena;
	return span_trim(body_without_mark(body));
}

static struct span edit_add_lf(struct span body, struct arena *arena)
{
	return span_of(arena_printf(arena, "%.*s\n", SPAN_ARG(body)));
}

static struct span edit_add_crlf(struct span body, struct arena *arena)
{
	return span_of(arena_printf(arena, "%.*s\r\n", SPAN_ARG(body)));
}

/* Every line's end as LF, or as CR LF. */
static struct span body_lines(struct span body, struct span end, struct arena *arena)
{
	if (body.len == 0 || memchr(body.ptr, '\n', body.len) == NULL)
		return body;
	char *copy = arena_alloc(arena, end.len * body.len), *at = copy;
	for (size_t i = 0; i < body.len; i++) {
		if (body.ptr[i] == '\r' && i + 1 < body.len && body.ptr[i + 1] == '\n')
			continue;
		if (body.ptr[i] != '\n') {
			*at++ = body.ptr[i];
			continue;
		}
		memcpy(at, end.ptr, end.len);
		at += end.len;
	}
	return (struct span){copy, (size_t)(at - copy)};
}

static struct span edit_to_lf(struct span body, struct arena *arena)
{
	return body_lines(body, SPAN("\n"), arena);
}

static struct span edit_to_crlf(struct span body, struct arena *arena)
{
	return body_lines(body, SPAN("\r\n"), arena);
}

#define KEEP "; keep its bytes as they came"

static const struct edit {
	struct span (*make)(struct span body, struct arena *arena);
	struct diagnosis found;
} edits[] = {
    {edit_cut_newline,
	{"newline",
	    "the body ends with a newline that was not signed, as an editor or "
	    "echo adds one" KEEP " (head -c -1 FILE leaves the last byte out)"}},
    {edit_cut_newlines,
	{"newline", "the body ends with newlines that were not signed, as an editor or "
		    "echo adds them" KEEP}},
    {edit_cut_mark,
	{"bom", "the body begins with a byte order mark that was not signed, as an "
		"editor adds one: save it as UTF-8 without it"}},
    {edit_cut_both,
	{"bom", "the body begins with a byte order mark and ends with a newline, as an "
		"editor adds them; neither was signed" KEEP}},
    {edit_trim,
	{"blank", "the body begins or ends with blanks that were not signed" KEEP}},
    {edit_to_lf,
	{"newline", "the body's lines end with CR LF and were signed with LF, as an "
		    "editor or git changes them" KEEP}},
    {edit_to_crlf,
	{"newline", "the body's lines end with LF and were signed with CR LF, as an "
		    "editor or git changes them" KEEP}},
    {edit_add_lf,
	{"newline",
	    "the body lacks the newline at its end that was signed, as $(…) in a "
	    "shell takes it off" KEEP}},
    {edit_add_crlf,
	{"newline", "the body lacks the CR LF at its end that was signed, as $(…) in a "
		    "shell takes it off" KEEP}},
};

/* The account stands in a form, and may be what the edit changes. */
static bool edit_matches(struct verifier *verifier,
    const struct signed_request *request, struct span body, struct arena *arena)
{
	struct signed_request changed = *request;
	struct params form;
	changed.body = body;
	if (request->params != NULL) {
		if (params_parse(&form, body, arena) != PARAMS_OK)
			return false;
		changed.params = &form;
		if (params_get(&form, "AccountSid").ptr != NULL)
			changed.account_sid = params_get(&form, "AccountSid");
	}
	return diagnose_matches(verifier, &changed);
}

bool diagnose_body(struct diagnosis *out, struct verifier *verifier,
    const struct signed_request *request, struct arena *arena)
{
	struct span target = request->target;
	bool covered = request->params != NULL ||
		       memmem(target.ptr, target.len, "bodySHA256=", 11) != NULL;
	if (!covered || request->body.len == 0)
		return false;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		struct span body = edits[i].make(request->body, arena);
		if (span_eq(body, request->body) ||
		    !edit_matches(verifier, request, body, arena))
			continue;
		*out = edits[i].found;
		return true;
	}
	return false;
}
