/* bulk -- changes of many rows. The ids are collected first, then sent to the owner of
 * the store some hundred at a time, so that webhooks do not wait. */
#ifndef OFFHOOK_CLI_BULK_H
#define OFFHOOK_CLI_BULK_H

#include <jansson.h>
#include <stdint.h>

#include "cli/options.h"
#include "store/store.h"
#include "util/error.h"

/* How many rows a dry run shows. */
enum { BULK_FIRST_FEW = 5 };

struct bulk {
	int64_t *ids;
	size_t count, cap;
};

void bulk_free(struct bulk *bulk);
void bulk_add(struct bulk *bulk, int64_t id);
/* Sorts the ids and removes repeated ones. */
void bulk_sort(struct bulk *bulk);

/* What a verb does with the rows that its command line names. */
struct bulk_change {
	const struct options *options; /* the ids follow the verb; --dry-run */
	const char *noun;              /* "event" */
	const char *done;              /* it would be "tried again" */
	const char *changed;           /* it is "to be tried again" */
	bool waits;      /* without a server, the change waits for the next one */
	json_t *request; /* sent with each part of the ids as "ids" */
	struct bulk *bulk;
	/* Adds the row to the bulk, or says why not. 0: there is no such row. */
	int (*add_one)(
	    void *ctx, struct store_reader *reader, int64_t id, struct error *err);
	/* Adds all that the options choose, when no ids are given. */
	int (*add_matching)(void *ctx, struct store_reader *reader, struct error *err);
	void *ctx;
};

/* -1 with err unless either ids are given or a filter, of which --all is one. filters
 * names some of the others. */
int bulk_check_choice(
    const struct options *options, bool filter, const char *filters, struct error *err);
/* Collects the rows, changes them and prints how many: "3 jobs dropped". Shows its
 * progress on a terminal when it takes long. Frees the bulk and the request. Returns an
 * exit code. */
int bulk_change(const struct bulk_change *change);

#endif
