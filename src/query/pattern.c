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
#define FREE_NS        20000
/* Looking at the clock costs as much as about ten steps; but a step may read all of a long
 * text. */
#define STEPS_PER_LOOK 64
#define BYTES_PER_LOOK 262144

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

struct budget budget_of(int64_t ms)
{
	int64_t ns = ms * 1000000;
	return (struct budget){.full_ns = ns, .left_ns = ns};
}

int budget_refuse(struct error *err)
{
	return error_set(err,
	    "$regex takes too long or too much memory: avoid repeats within repeats, such as "
	    "(a+)+, or let other conditions choose fewer documents");
}

/* One match under way. */
struct run {
	struct budget *budget;
	unsigned steps, steps_per_look;
	int64_t
	    seen_ns; /* this thread's processor time at the last look; 0: none yet */
};

static int on_step(pcre2_callout_block *block, void *cookie)
{
	struct run *run = cookie;
	(void)block;
	if (++run->steps % run->steps_per_look != 0)
		return 0;
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	int64_t now_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
	if (run->seen_ns != 0)
		run->budget->left_ns -= now_ns - run->seen_ns;
	run->seen_ns = now_ns;
	return run->budget->left_ns < 0 ? PCRE2_ERROR_MATCHLIMIT : 0;
}

static void begin_run(struct run *run, struct budget *budget, size_t len)
{
	size_t steps = BYTES_PER_LOOK / (len + 1);
	*run = (struct run){.budget = budget, .steps_per_look = STEPS_PER_LOOK};
	if (steps < STEPS_PER_LOOK)
		run->steps_per_look = steps == 0 ? 1 : (unsigned)steps;
	budget->left_ns += FREE_NS;
	if (budget->left_ns > budget->full_ns)
		budget->left_ns = budget->full_ns;
}

/* Whether the match ended with an answer; text that is not UTF-8 has none to find. */
static bool has_ended(int found)
{
	return found >= PCRE2_ERROR_NOMATCH ||
	       (found <= PCRE2_ERROR_UTF8_ERR1 && found >= PCRE2_ERROR_UTF8_ERR21);
}

bool pattern_match(
    const struct pattern *pattern, struct span text, struct budget *budget)
{
	struct run run;
	int found = PCRE2_ERROR_NOMEMORY;
	if (budget->spent)
		return false;
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_match_context *context = pcre2_match_context_copy(pattern->limits);
	if (data != NULL && context != NULL) {
		begin_run(&run, budget, text.len);
		(void)pcre2_set_callout(context, on_step, &run);
		found = pcre2_match(
		    pattern->code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, data, context);
	}
	pcre2_match_context_free(context);
	pcre2_match_data_free(data);
	budget->spent = !has_ended(found);
	/* 0: found, with more groups than the one of match data. */
	return found >= 0;
}
