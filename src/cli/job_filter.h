/* job_filter -- the options of `offhook jobs` that choose jobs. */
#ifndef OFFHOOK_CLI_JOB_FILTER_H
#define OFFHOOK_CLI_JOB_FILTER_H

#include <stdbool.h>

#include "cli/options.h"
#include "store/store.h"

/* Reads --queue, --state, --older, --newer, --error, --group and --unique. */
int job_filter_read(struct store_job_query *out, const struct options *options,
    int64_t now_ms, struct error *err);
/* Whether one of these was given. */
bool job_filter_given(const struct options *options);

enum { JOB_STATES_SIZE = 80 };

/* The states of a set, with `word` before the last one: "dead, cancelled or waiting".
 * Returns out. */
const char *job_filter_states(
    char out[JOB_STATES_SIZE], unsigned states, const char *word);

#endif
