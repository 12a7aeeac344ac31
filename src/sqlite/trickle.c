#include "sqlite/trickle.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite/wipe.h"
#include "util/container.h"
#include "util/mem.h"

/* How much is written between two syncs: so little that a disk needs a fraction of a
 * millisecond for it, so much that the checkpoint takes no longer. Pages that follow one
 * another count as one place, because a disk's time depends on the number of places. */
enum { PLACES = 8, PAGES = 64 };

enum { PAGE = 4096 }; /* bytes, as sqlite_db_open has them */

/* Swapping the methods of a file that SQLite has open works, but SQLite does not document
 * it: a version of SQLite that keeps them elsewhere would write as if there were no
 * trickle. tests/unit/sqlite/test_trickle.c fails then. */
struct trickle {
	sqlite3_io_methods methods; /* what file->pMethods points to */
	const sqlite3_io_methods *usual;
	bool syncs;
	int pages, places;  /* since the last sync */
	sqlite3_int64 next; /* where the last write ended */
	sqlite3_int64 size; /* of the file, at least */
	unsigned char page[PAGE];
};

/* The page as it is to be in the file. */
static const void *trickle_wiped(
    struct trickle *trickle, const void *bytes, int count, sqlite3_int64 offset)
{
	if (trickle->size < offset + count)
		trickle->size = offset + count;
	if (count != PAGE || trickle->size > WIPE_FILE_MAX)
		return bytes;
	memcpy(trickle->page, bytes, PAGE);
	wipe_page(trickle->page, PAGE, offset == 0);
	return trickle->page;
}

static int trickle_write(
    sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
	struct trickle *trickle =
	    container_of((uintptr_t)file->pMethods, struct trickle, methods);
	int rc = trickle->usual->xWrite(
	    file, trickle_wiped(trickle, bytes, count, offset), count, offset);
	if (rc != SQLITE_OK || !trickle->syncs)
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

struct trickle *trickle_new(sqlite3 *db, bool syncs)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 size = 0;
	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) !=
		SQLITE_OK ||
	    file == NULL || file->pMethods == NULL ||
	    file->pMethods->xFileSize(file, &size) != SQLITE_OK)
		return NULL;
	struct trickle *trickle = mem_new(1, sizeof(*trickle));
	trickle->usual = file->pMethods;
	trickle->methods = *file->pMethods;
	trickle->methods.xWrite = trickle_write;
	trickle->syncs = syncs;
	trickle->size = size;
	file->pMethods = &trickle->methods;
	return trickle;
}

void trickle_free(struct trickle *trickle)
{
	free(trickle);
}
