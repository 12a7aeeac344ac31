/* keys_find -- finding keys, from any thread. Memory is asked first, then the segments
 * that a later snapshot lists: a key that memory had no more is in a segment by then. A
 * segment that was merged away since the snapshot has no filter in memory any more, and is
 * read without it. */
#include <assert.h>
#include <stdlib.h>

#include "keys/keys.h"
#include "keys/keys_load.h"
#include "util/mem.h"

enum filter_says { FILTER_NO, FILTER_PERHAPS, FILTER_MISSING };

/* The piece that would have the key; the lock is held. */
static unsigned char **piece_of(
    const struct keys_live *live, const struct keys_entry *key)
{
	return &live->pieces[keys_filter_piece(live->shape, key)];
}

static enum filter_says ask_filter(
    const struct keys_live *live, const struct keys_entry *key)
{
	const unsigned char *bits = *piece_of(live, key);
	if (bits == NULL)
		return FILTER_MISSING;
	return keys_filter_has(bits, live->shape, key) ? FILTER_PERHAPS : FILTER_NO;
}

/* The newest of the committed keys that are still in memory; the lock is held. */
static bool find_in_tables(const struct keys *keys, struct keys_entry *key)
{
	const struct keys_entry *found = keys_table_find(keys->active, key);
	if (found == NULL && keys->frozen != NULL)
		found = keys_table_find(keys->frozen, key);
	if (found != NULL)
		key->row = found->row;
	return found != NULL;
}

static enum keys_known find_peek(struct keys *keys, struct keys_entry *key)
{
	enum keys_known known = KEYS_NEW;
	keys_lock_shared(keys);
	if (find_in_tables(keys, key))
		known = KEYS_KNOWN;
	for (size_t i = 0; known == KEYS_NEW && i < keys->live_count; i++) {
		if (ask_filter(&keys->live[i], key) != FILTER_NO)
			known = KEYS_UNSURE;
	}
	keys_unlock(keys);
	return known;
}

enum keys_known keys_peek(
    struct keys *keys, const unsigned char key[KEYS_SIZE], int64_t *row)
{
	struct keys_entry entry = keys_entry_of(key, 0);
	enum keys_known known = find_peek(keys, &entry);
	if (known == KEYS_KNOWN)
		*row = entry.row;
	return known;
}

/* ---- filters ---- */

/* Keeps the piece, unless the segment is gone or another thread was quicker. */
static void keys_keep_piece(struct keys *keys, const struct keys_segment *segment,
    const struct keys_entry *key, unsigned char *bits)
{
	keys_lock(keys);
	const struct keys_live *live = keys_live_of(keys, segment->id);
	unsigned char **piece = live != NULL ? piece_of(live, key) : NULL;
	if (piece != NULL && *piece == NULL) {
		*piece = bits;
		bits = NULL;
		keys->filter_bytes += keys_filter_size(live->shape);
	}
	keys_unlock(keys);
	free(bits);
}

/* Whether the segment may have the key: 1, 0, or -1 with err. */
static int keys_may_have(struct keys *keys, struct keys_rows *rows,
    const struct keys_segment *segment, const struct keys_entry *key, struct error *err)
{
	enum filter_says says = FILTER_PERHAPS;
	keys_lock_shared(keys);
	const struct keys_live *live = keys_live_of(keys, segment->id);
	if (live != NULL)
		says = ask_filter(live, key);
	keys_unlock(keys);
	if (says != FILTER_MISSING)
		return says == FILTER_PERHAPS;

	struct keys_shape shape = keys_filter_shape(segment->count);
	unsigned char *bits = mem_new(1, keys_filter_size(shape));
	if (keys_piece_read(rows, segment, keys_filter_piece(shape, key), bits, err) <
	    0) {
		free(bits);
		return -1;
	}
	bool has = keys_filter_has(bits, shape, key);
	keys_keep_piece(keys, segment, key, bits);
	return has;
}

/* ---- a search through a connection's snapshot ---- */

struct search {
	struct keys *keys;
	struct keys_rows rows;
	struct keys_entry key;
	struct keys_found *found; /* by prefix: all rows; NULL: the key's newest */
};

static int search_segment_row(
    struct search *search, sqlite3_stmt *stmt, struct error *err)
{
	struct keys_segment segment;
	if (keys_segment_read(stmt, &segment, err) < 0)
		return -1;
	if (search->found != NULL)
		return keys_segment_find_prefix(
		    &search->rows, &segment, search->key.high, search->found, err);
	int rc =
	    keys_may_have(search->keys, &search->rows, &segment, &search->key, err);
	return rc <= 0 ? rc
		       : keys_segment_find(&search->rows, &segment, &search->key, err);
}

/* The segments as keys_live orders them, of a snapshot that is taken after memory was
 * looked at: a held one may be older than what memory has forgotten. */
static int search_run(struct search *search, sqlite3 *db, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = 0, step = SQLITE_DONE;
	assert(sqlite3_get_autocommit(db) != 0);
	search->rows = (struct keys_rows){.db = db};
	if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		return keys_rows_error(db, "cannot read the key tables", err);
	rc = keys_rows_prepare(db, &stmt,
	    "SELECT " KEYS_SEGMENT_COLUMNS " FROM key_segments ORDER BY level, id DESC",
	    err);
	while (rc == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW)
		rc = search_segment_row(search, stmt, err);
	if (rc == 0 && step != SQLITE_DONE)
		rc = keys_rows_error(db, "cannot read the key tables", err);
	(void)sqlite3_finalize(stmt);
	keys_rows_close(&search->rows);
	(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc < 0 ? error_wrap(err, "key index") : rc;
}

int keys_find(struct keys *keys, sqlite3 *db, const unsigned char key[KEYS_SIZE],
    int64_t *row, struct error *err)
{
	struct search search = {.keys = keys, .key = keys_entry_of(key, 0)};
	enum keys_known known = find_peek(keys, &search.key);
	int rc = known == KEYS_KNOWN;
	if (known == KEYS_UNSURE)
		rc = search_run(&search, db, err);
	if (rc == 1)
		*row = search.key.row;
	return rc;
}

static int keys_compare_rows(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* A row may be found twice: under two keys, or in memory and in the segment that it was
 * sealed to meanwhile. */
static void sort_rows(struct keys_found *found)
{
	size_t kept = 0;
	if (found->count > 1)
		qsort(
		    found->rows, found->count, sizeof(*found->rows), keys_compare_rows);
	for (size_t i = 0; i < found->count; i++) {
		if (kept == 0 || found->rows[kept - 1] != found->rows[i])
			found->rows[kept++] = found->rows[i];
	}
	found->count = kept;
}

int keys_find_give(struct keys_found *found, int rc, int64_t **rows, size_t *count)
{
	if (rc < 0) {
		free(found->rows);
		return -1;
	}
	sort_rows(found);
	*rows = found->rows;
	*count = found->count;
	return 0;
}

static void find_prefix_in_tables(
    const struct keys *keys, uint64_t prefix, struct keys_found *found)
{
	keys_table_find_prefix(keys->active, prefix, found);
	if (keys->frozen != NULL)
		keys_table_find_prefix(keys->frozen, prefix, found);
}

int keys_find_prefix(struct keys *keys, sqlite3 *db, const unsigned char prefix[8],
    int64_t **rows, size_t *count, struct error *err)
{
	struct keys_found found = {0};
	struct search search = {
	    .keys = keys, .key = {.high = keys_u64_read(prefix)}, .found = &found};
	keys_lock_shared(keys);
	find_prefix_in_tables(keys, search.key.high, &found);
	keys_unlock(keys);
	return keys_find_give(&found, search_run(&search, db, err), rows, count);
}

/* ---- alone with the index ---- */

int keys_find_inside(struct keys *keys, struct keys_entry *key, struct error *err)
{
	int rc = find_in_tables(keys, key);
	for (size_t i = 0; rc == 0 && i < keys->live_count; i++) {
		const struct keys_segment *segment = &keys->live[i].segment;
		rc = keys_may_have(keys, &keys->rows, segment, key, err);
		if (rc > 0)
			rc = keys_segment_find(&keys->rows, segment, key, err);
	}
	return rc;
}

int keys_find_prefix_inside(
    struct keys *keys, uint64_t prefix, struct keys_found *found, struct error *err)
{
	int rc = 0;
	find_prefix_in_tables(keys, prefix, found);
	for (size_t i = 0; rc == 0 && i < keys->live_count; i++)
		rc = keys_segment_find_prefix(
		    &keys->rows, &keys->live[i].segment, prefix, found, err);
	return rc;
}

int keys_find_uncommitted(struct keys *keys, const unsigned char key[KEYS_SIZE],
    int64_t *row, struct error *err)
{
	struct keys_entry entry = keys_entry_of(key, 0);
	const struct keys_entry *pending = keys_table_find(keys->pending, &entry);
	int rc = 1;
	if (pending != NULL)
		entry = *pending;
	else
		rc = keys_find_inside(keys, &entry, err);
	if (rc > 0)
		*row = entry.row;
	return rc < 0 ? error_wrap(err, "key index") : rc;
}
