/* Filters, updates and documents as text. */
#ifndef OFFHOOK_TESTS_QUERY_FIXTURE_H
#define OFFHOOK_TESTS_QUERY_FIXTURE_H

#include "test.h"

#include <jansson.h>

#include "query/filter.h"
#include "query/update.h"

/* The caller's to free. */
static inline json_t *parse(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (value == NULL)
		fail_msg("not JSON: %s: %s", text, error.text);
	return value;
}

/* Within a query's budget. */
static inline bool fits(const struct filter *filter, const json_t *doc)
{
	struct budget budget = budget_of(BUDGET_QUERY_MS);
	struct error err = {""};
	int rc = filter_match(filter, doc, &budget, &err);
	if (rc < 0)
		fail_msg("%s", err.text);
	return rc == 1;
}

static inline int run_update(
    const struct update *update, json_t *doc, bool inserting, struct error *err)
{
	struct budget budget = budget_of(BUDGET_QUERY_MS);
	return update_apply(update, doc, inserting, &budget, err);
}

#endif
