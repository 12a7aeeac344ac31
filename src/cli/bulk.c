#include "cli/bulk.h"

#include <stdlib.h>

#include "cli/data.h"
#include "control/control.h"
#include "util/clock.h"
#include "util/mem.h"
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

int bulk_send(const struct bulk *bulk, const struct options *options, json_t *request,
    int64_t *changed, bool *alone, struct error *err)
{
	struct data_writer *writer = NULL;
	struct teller teller = {.next_us = INT64_MAX};
	size_t at = 0;
	*changed = 0;
	if (term_is_tty(stderr))
		teller.next_us = clock_mono_us() + PATIENCE_US;
	int rc = data_writer_open(&writer, options, err);
	while (rc == 0 && at < bulk->count) {
		rc = bulk_send_some(bulk, &at, writer, request, changed, err);
		progress_show(&teller, at, bulk->count);
	}
	if (teller.told)
		(void)fprintf(stderr, "\r\033[K");
	if (rc != 0 && *changed > 0)
		(void)error_wrap(
		    err, "after %lld of %zu", (long long)*changed, bulk->count);
	if (alone != NULL)
		*alone = writer != NULL && data_writer_alone(writer);
	data_writer_close(writer);
	json_decref(request);
	return rc;
}

void bulk_print_dry(const struct bulk *bulk, const struct options *options,
    const char *noun, const char *done)
{
	if (options->json) {
		(void)printf("{\"wouldChange\":%zu}\n", bulk->count);
		return;
	}
	if (bulk->count > BULK_FIRST_FEW)
		(void)printf("%6s\n", "…");
	(void)printf("%zu %s%s would be %s\n", bulk->count, noun,
	    bulk->count == 1 ? "" : "s", done);
}

void bulk_print_changed(
    int64_t changed, const struct options *options, const char *noun, const char *done)
{
	if (options->json)
		(void)printf("{\"changed\":%lld}\n", (long long)changed);
	else
		(void)printf("%lld %s%s %s\n", (long long)changed, noun,
		    changed == 1 ? "" : "s", done);
}
