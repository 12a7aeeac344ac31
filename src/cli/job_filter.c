#include "cli/job_filter.h"

#include <stdio.h>
#include <string.h>

#include "util/suggest.h"

bool job_filter_given(const struct options *options)
{
	return options_has(options, "queue") || options_has(options, "state") ||
	       options_has(options, "older") || options_has(options, "newer") ||
	       options_has(options, "error") || options_has(options, "group") ||
	       options_has(options, "unique");
}

const char *job_filter_states(
    char out[JOB_STATES_SIZE], unsigned states, const char *word)
{
	size_t len = 0;
	out[0] = '\0';
	for (unsigned i = 0; i < JOB_STATES && len < JOB_STATES_SIZE; i++) {
		char last[16];
		if ((states >> i & 1) == 0)
			continue;
		(void)snprintf(last, sizeof(last), " %s ", word);
		len += (size_t)snprintf(out + len, JOB_STATES_SIZE - len, "%s%s",
		    len == 0 ? "" : (states >> i == 1 ? last : ", "),
		    job_state_name((enum job_state)i));
	}
	return out;
}

static int job_state_unknown(struct span word, struct error *err)
{
	struct suggestion suggestion = {.word = word};
	if (span_is(word, "retrying") || span_is(word, "scheduled"))
		return error_set(err,
		    "--state: \"%.*s\" is how a waiting one is shown whose time has "
		    "not come; use --state waiting",
		    SPAN_ARG(word));
	for (enum job_state i = JOB_WAITING; i < JOB_STATES; i++)
		suggest_offer(&suggestion, job_state_name(i));
	(void)error_set(err, "--state: \"%.*s\" is none", SPAN_ARG(word));
	return suggest_explain(
	    &suggestion, " of waiting, blocked, running, done, dead, cancelled", err);
}

/* "waiting,dead" */
static int job_states_read(unsigned *out, const char *text, struct error *err)
{
	struct span rest = span_of(text);
	bool more = text != NULL;
	while (more) {
		size_t comma = span_find(rest, ',');
		struct span word = span_trim(span_head(rest, comma));
		enum job_state state = JOB_WAITING;
		while (state < JOB_STATES && !span_is(word, job_state_name(state)))
			state++;
		if (state == JOB_STATES)
			return job_state_unknown(word, err);
		*out |= 1U << state;
		more = comma < rest.len;
		rest = span_from(rest, comma + (more ? 1 : 0));
	}
	return 0;
}

int job_filter_read(struct store_job_query *out, const struct options *options,
    int64_t now_ms, struct error *err)
{
	*out = (struct store_job_query){
	    .queue = span_of(options_value(options, "queue")),
	    .group = span_of(options_value(options, "group")),
	    .unique = span_of(options_value(options, "unique")),
	    .error = span_of(options_value(options, "error")),
	};
	if (options_window(options, now_ms, &out->created_after_ms,
		&out->created_before_ms, err) != 0)
		return -1;
	return job_states_read(&out->states, options_value(options, "state"), err);
}
