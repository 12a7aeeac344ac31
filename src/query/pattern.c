#include "query/pattern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "util/mem.h"

#define TEXT_MAX       4000
#define GROUPS_MAX     100 /* nested parentheses: the compiler recurses */
#define HEAP_MAX_KIB   (16 * 1024)
#define CPU_MAX_NS     (50 * INT64_C(1000000))
/* Looking at the clock costs as much as about ten steps. */
#define STEPS_PER_LOOK 64

struct pattern {
	pcre2_code *code;
	pcre2_match_context *limits; /* to be copied: each match has its own budget */
};

static int options_flags(const char *options, uint32_t *flags, struct error *err)
{
	static const char letters[] = "imsx";
	static const uint32_t bits[] = {
	    PCRE2_CASELESS, PCRE2_MULTILINE, PCRE2_DOTALL, PCRE2_EXTENDED};
	for (const char *at = options; *at != '\0'; at++) {
		const char *letter = strchr(letters, *at);
		if (letter == NULL)
			return error_set(err,
			    "$options are letters of \"imsx\", not \"%.20s\"", options);
		*flags |= bits[letter - letters];
	}
	return 0;
}

static pcre2_code *compile(struct span text, uint32_t flags, struct error *err)
{
	int code = 0;
	PCRE2_SIZE offset = 0;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	if (context != NULL)
		(void)pcre2_set_parens_nest_limit(context, GROUPS_MAX);
	/* A callout at every item is where a match that takes too long is ended: PCRE2's
	 * own match limit starts anew at each position of the text. */
	pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)text.ptr, text.len,
	    flags | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT, &code,
	    &offset, context);
	pcre2_compile_context_free(context);
	if (compiled == NULL) {
		PCRE2_UCHAR reason[256] = "";
		(void)pcre2_get_error_message(code, reason, sizeof(reason));
		(void)error_set(err,
		    "$regex is not a regular expression: %s (at byte %zu)",
		    (const char *)reason, offset);
	}
	return compiled;
}

int pattern_compile(
    struct pattern **out, struct span text, const char *options, struct error *err)
{
	uint32_t flags = 0;
	if (text.len > TEXT_MAX)
		return error_set(err, "$regex is longer than %d bytes", TEXT_MAX);
	if (options_flags(options, &flags, err) != 0)
		return -1;
	pcre2_code *code = compile(text, flags, err);
	if (code == NULL)
		return -1;
	struct pattern *pattern = mem_new(1, sizeof(*pattern));
	pattern->code = code;
	pattern->limits = pcre2_match_context_create(NULL);
	if (pattern->limits == NULL) {
		pattern_free(pattern);
		return error_set(err, "$regex: out of memory");
	}
	(void)pcre2_set_heap_limit(pattern->limits, HEAP_MAX_KIB);
	*out = pattern;
	return 0;
}

void pattern_free(struct pattern *pattern)
{
	if (pattern == NULL)
		return;
	pcre2_code_free(pattern->code);
	pcre2_match_context_free(pattern->limits);
	free(pattern);
}

struct budget {
	unsigned steps;
	int64_t ends_ns; /* of this thread's processor time; 0 before the first look */
};

static int on_step(pcre2_callout_block *block, void *cookie)
{
	struct budget *budget = cookie;
	(void)block;
	if (++budget->steps % STEPS_PER_LOOK != 0)
		return 0;
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	int64_t now_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
	if (budget->ends_ns == 0)
		budget->ends_ns = now_ns + CPU_MAX_NS;
	return now_ns > budget->ends_ns ? PCRE2_ERROR_MATCHLIMIT : 0;
}

bool pattern_match(const struct pattern *pattern, struct span text)
{
	struct budget budget = {0};
	int found = PCRE2_ERROR_NOMEMORY;
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_match_context *context = pcre2_match_context_copy(pattern->limits);
	if (data != NULL && context != NULL) {
		(void)pcre2_set_callout(context, on_step, &budget);
		found = pcre2_match(
		    pattern->code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, data, context);
	}
	pcre2_match_context_free(context);
	pcre2_match_data_free(data);
	/* 0: found, with more groups than the one of match data. */
	return found >= 0;
}
