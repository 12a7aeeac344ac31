#include "cli/bulk.h"

#include <stdlib.h>

#include "cli/data.h"
#include "control/control.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"
#include "view/term.h"

enum { PATIENCE_US = 1000000, TOLD_EVERY_US = 200000 };

void bulk_free(struct bulk *bulk)
{
	free(bulk->ids);
	*bulk = (struct bulk){0};
}

void bulk_add(struct bulk *bulk, int64_t id)
{
	if (bulk->count == bulk->cap) {
		bulk->cap = bulk->cap == 0 ? 256 : 2 * bulk->cap;
		bulk->ids = mem_resize(bulk->ids, bulk->cap, sizeof(bulk->ids[0]));
	}
	bulk->ids[bulk->count++] = id;
}

static int compare_ids(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

void bulk_sort(struct bulk *bulk)
{
	size_t kept = 0;
	if (bulk->count == 0)
		return;
	qsort(bulk->ids, bulk->count, sizeof(bulk->ids[0]), compare_ids);
	for (size_t i = 1; i < bulk->count; i++) {
		if (bulk->ids[i] != bulk->ids[kept])
			bulk->ids[++kept] = bulk->ids[i];
	}
	bulk->count = kept + 1;
}

int bulk_check_choice(
    const struct options *options, bool filter, const char *filters, struct error *err)
{
	filter = filter || options_has(options, "all");
	if (options->arg_count > 1 && filter)
		return error_set(err, "give ids, or say which with options; not both");
	if (options->arg_count == 1 && !filter)
		return error_set(
		    err, "which? Give ids, a filter (%s …), or --all", filters);
	return 0;
}

/* Sends the ids from *at on, up to the limit of one request. */
static int bulk_send_some(const struct bulk *bulk, size_t *at,
    struct data_writer *writer, json_t *request, int64_t *changed, struct error *err)
{
	json_t *ids = json_array(), *answer = NULL;
	for (size_t i = 0; i < CONTROL_IDS && *at < bulk->count; i++)
		(void)json_array_append_new(ids, json_integer(bulk->ids[(*at)++]));
	(void)json_object_set_new(request, "ids", ids);
	if (data_writer_ask(writer, &answer, json_incref(request), err) != 0)
		return -1;
	*changed += json_integer_value(json_object_get(answer, "changed"));
	json_decref(answer);
	return 0;
}

/* Prints how many are done, on one line that it overwrites. */
struct teller {
	int64_t next_us; /* INT64_MAX: stderr is no terminal */
	bool told;
};

static void progress_show(struct teller *teller, size_t done, size_t all)
{
	if (clock_mono_us() < teller->next_us)
		return;
	teller->told = true;
	teller->next_us = clock_mono_us() + TOLD_EVERY_US;
	(void)fprintf(stderr, "\r%zu of %zu …", done, all);
}

/* Sends the request once for each part of the ids. *alone becomes true when no server
 * runs. On failure err says how many were changed before. */
static int bulk_send(
    const struct bulk_change *change, int64_t *changed, bool *alone, struct error *err)
{
	const struct bulk *bulk = change->bulk;
	struct data_writer *writer = NULL;
	struct teller teller = {.next_us = INT64_MAX};
	size_t at = 0;
	if (term_is_tty(stderr))
		teller.next_us = clock_mono_us() + PATIENCE_US;
	int rc = data_writer_open(&writer, change->options, err);
	while (rc == 0 && at < bulk->count) {
		rc = bulk_send_some(bulk, &at, writer, change->request, changed, err);
		progress_show(&teller, at, bulk->count);
	}
	if (teller.told)
		(void)fprintf(stderr, "\r\033[K");
	if (rc != 0 && *changed > 0)
		(void)error_wrap(
		    err, "after %lld of %zu", (long long)*changed, bulk->count);
	*alone = writer != NULL && data_writer_alone(writer);
	data_writer_close(writer);
	return rc;
}

/* "3 jobs dropped"; as JSON: {"changed":3}. */
static void bulk_print(
    const struct bulk_change *change, const char *name, size_t count, const char *what)
{
	if (change->options->json)
		(void)printf("{\"%s\":%zu}\n", name, count);
	else
		(void)printf(
		    "%zu %s%s %s\n", count, change->noun, count == 1 ? "" : "s", what);
}

/* Adds the rows whose ids follow the verb. */
static int bulk_add_ids(
    const struct bulk_change *change, struct store_reader *reader, struct error *err)
{
	const struct options *options = change->options;
	for (size_t i = 1; i < options->arg_count; i++) {
		int64_t id;
		if (!text_int(span_of(options->args[i]), 1, INT64_MAX, &id))
			return error_set(err, "\"%s\" is no %s's id", options->args[i],
			    change->noun);
		int found = change->add_one(change->ctx, reader, id, err);
		if (found < 0)
			return -1;
		if (found == 0)
			(void)fprintf(stderr, "there is no %s %lld\n", change->noun,
			    (long long)id);
	}
	bulk_sort(change->bulk);
	return 0;
}

static int bulk_carry_out(
    const struct bulk_change *change, struct store_reader *reader, struct error *err)
{
	bool ids = change->options->arg_count > 1, alone = false;
	bool dry = options_has(change->options, "dry-run");
	int64_t changed = 0;
	int rc = ids ? bulk_add_ids(change, reader, err)
		     : change->add_matching(change->ctx, reader, err);
	size_t count = change->bulk->count;
	if (rc == 0 && !dry && count > 0)
		rc = bulk_send(change, &changed, &alone, err);
	if (rc != 0)
		return -1;
	if (dry && count > BULK_FIRST_FEW && !change->options->json)
		(void)printf("%6s\n", "…");
	if (dry)
		bulk_print(change, "wouldChange", count,
		    arena_printf(change->options->arena, "would be %s", change->done));
	else
		bulk_print(change, "changed", (size_t)changed, change->changed);
	if (alone && changed > 0 && change->waits)
		(void)fprintf(stderr, "no server runs: they wait for the next one\n");
	if (ids && (dry ? count == 0 : changed == 0))
		return error_set(err, "none of them can be %s now", change->done);
	return 0;
}

int bulk_change(const struct bulk_change *change)
{
	struct store_reader *reader = NULL;
	struct error err;
	int rc = data_open(&reader, change->options, &err);
	if (rc == 0)
		rc = bulk_carry_out(change, reader, &err);
	store_reader_close(reader);
	json_decref(change->request);
	bulk_free(change->bulk);
	return rc == 0 ? EXIT_OK : options_fail(change->options, &err);
}
