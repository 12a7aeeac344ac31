#include "sqlite/trickle.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/container.h"
#include "util/mem.h"

/* How much is written between two syncs: so little that a disk needs a fraction of a
 * millisecond for it, so much that the checkpoint takes no longer. Pages that follow one
 * another count as one place, because a disk's time depends on the number of places. */
enum { PLACES = 8, PAGES = 64 };

/* Swapping the methods of a file that SQLite has open works, but SQLite does not document
 * it: a version of SQLite that keeps them elsewhere would write as if there were no
 * trickle. tests/unit/sqlite/test_trickle.c fails then. */
struct trickle {
	sqlite3_io_methods methods; /* what file->pMethods points to */
	const sqlite3_io_methods *usual;
	int pages, places;  /* since the last sync */
	sqlite3_int64 next; /* where the last write ended */
};

static int trickle_write(
    sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
	struct trickle *trickle =
	    container_of((uintptr_t)file->pMethods, struct trickle, methods);
	int rc = trickle->usual->xWrite(file, bytes, count, offset);
	if (rc != SQLITE_OK)
		return rc;
	trickle->pages++;
	trickle->places += offset != trickle->next;
	trickle->next = offset + count;
	if (trickle->pages < PAGES && trickle->places < PLACES)
		return SQLITE_OK;
	trickle->pages = 0;
	trickle->places = 0;
	return trickle->usual->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
}

struct trickle *trickle_new(sqlite3 *db)
{
	sqlite3_file *file = NULL;
	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) !=
		SQLITE_OK ||
	    file == NULL || file->pMethods == NULL)
		return NULL;
	struct trickle *trickle = mem_new(1, sizeof(*trickle));
	trickle->usual = file->pMethods;
	trickle->methods = *file->pMethods;
	trickle->methods.xWrite = trickle_write;
	file->pMethods = &trickle->methods;
	return trickle;
}

void trickle_free(struct trickle *trickle)
{
	free(trickle);
}
