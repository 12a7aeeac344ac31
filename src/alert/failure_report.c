#include "alert/failure.h"
#include "util/container.h"

struct report {
	struct store_txn txn;
	struct arena *arena;
};

/* On the store's thread. */
static void failure_reported(struct store_txn *txn)
{
	arena_free(container_of(txn, struct report, txn)->arena);
}

void failure_report(struct store *store, const struct failure_listeners *listeners,
    const struct failure *failure)
{
	struct arena *arena = arena_new();
	struct report *report = arena_zalloc(arena, sizeof(*report));
	struct failure own = *failure;
	report->arena = arena;
	report->txn.done = failure_reported;
	own.sid = arena_copy(arena, failure->sid);
	own.route = arena_copy(arena, failure->route);
	own.queue = arena_copy(arena, failure->queue);
	own.error = arena_copy(arena, failure->error);
	own.error_code = arena_copy(arena, failure->error_code);
	failure_stage(listeners, &own, &report->txn.writes, &report->txn.jobs, arena);
	if ((report->txn.writes == NULL && report->txn.jobs == NULL) ||
	    !store_submit(store, &report->txn))
		arena_free(arena);
	else
		store_flush(store);
}
