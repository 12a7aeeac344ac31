#include "sqlite/trickle.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/mem.h"

/* Few enough that a disk writes them in a fraction of a millisecond, enough that the
 * checkpoint takes no longer for it. Pages that follow one another are one place: what
 * takes a disk its time is how many places it is sent to. */
enum { PLACES = 8, PAGES = 64 };

/* The file's methods are found through the file, and the rest of this behind them. */
struct trickle {
	sqlite3_io_methods methods;
	const sqlite3_io_methods *usual;
	int pages, places;  /* since the last sync */
	sqlite3_int64 next; /* where the last one ended */
};

static bool enough(struct trickle *trickle, int count, sqlite3_int64 offset)
{
	trickle->pages++;
	trickle->places += offset != trickle->next;
	trickle->next = offset + count;
	if (trickle->pages < PAGES && trickle->places < PLACES)
		return false;
	trickle->pages = 0;
	trickle->places = 0;
	return true;
}

static int write_some(
    sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
	struct trickle *trickle = (struct trickle *)(uintptr_t)file->pMethods;
	int rc = trickle->usual->xWrite(file, bytes, count, offset);
	if (rc != SQLITE_OK || !enough(trickle, count, offset))
		return rc;
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
	trickle->methods.xWrite = write_some;
	file->pMethods = &trickle->methods;
	return trickle;
}

void trickle_free(struct trickle *trickle)
{
	free(trickle);
}
