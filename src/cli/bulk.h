/* bulk -- changes of many rows. The ids are collected first, then sent to the owner of
 * the store some hundred at a time, so that webhooks do not wait. */
#ifndef OFFHOOK_CLI_BULK_H
#define OFFHOOK_CLI_BULK_H

#include <jansson.h>
#include <stdint.h>

#include "cli/options.h"
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
/* Sends the request, which it takes, once for each part of the ids, as "ids"; *changed
 * is the sum. Shows its progress on a terminal when it takes long. On failure err says
 * how many were changed before. *alone becomes true when no server runs; it may be
 * NULL. */
int bulk_send(const struct bulk *bulk, const struct options *options, json_t *request,
    int64_t *changed, bool *alone, struct error *err);
/* Prints what a dry run would change: "3 jobs would be dropped"; noun is "job", done
 * "dropped". */
void bulk_print_dry(const struct bulk *bulk, const struct options *options,
    const char *noun, const char *done);
/* Prints what was changed: "3 jobs dropped". */
void bulk_print_changed(
    int64_t changed, const struct options *options, const char *noun, const char *done);

#endif
