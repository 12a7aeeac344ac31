/* bulk -- changing many: ids are read first, then sent to whoever has the store, some
 * hundred at a time, so that no webhook waits for them. */
#ifndef OFFHOOK_CLI_BULK_H
#define OFFHOOK_CLI_BULK_H

#include <jansson.h>
#include <stdint.h>

#include "cli/options.h"
#include "util/error.h"

struct bulk {
	int64_t *ids;
	size_t count, cap;
};

void bulk_free(struct bulk *bulk);
void bulk_add(struct bulk *bulk, int64_t id);
/* In the order of ids, each once. */
void bulk_sort(struct bulk *bulk);
/* Sends request (takes it) with "ids" in turn, and adds up what was changed. On stderr:
 * how far it is, when it takes long and a person looks on; and what was changed before
 * it failed. *alone (NULL: not wanted): no server runs. */
int bulk_send(const struct bulk *bulk, const struct options *options, json_t *request,
    int64_t *changed, bool *alone, struct error *err);

#endif
