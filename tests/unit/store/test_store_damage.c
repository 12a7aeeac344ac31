/* A store in which a number or a byte is another one: it is refused with the place, or
 * what was damaged is told when it is read. Nothing stored is ever taken for new. */
#include "store_fixture.h"

#include <jansson.h>
#include <sqlite3.h>
#include <sys/stat.h>

/* Each segment has two chunks at least; nine of them are merged. */
enum { KEYED = 2100, SEAL = 200, BATCH = 20 };

static void key_of_number(char out[32], int i)
{
	(void)snprintf(out, 32, "k%d", i);
}

/* Documents with the keys from `first` on, BATCH in a transaction. */
static void add_documents(struct fixture *f, int first, int count)
{
	for (int done = 0; done < count; done += BATCH) {
		struct store_write writes[BATCH];
		char keys[BATCH][32], docs[BATCH][64];
		for (int i = 0; i < BATCH; i++) {
			key_of_number(keys[i], first + done + i);
			(void)snprintf(docs[i], 64, "{\"k\":\"%s\"}", keys[i]);
			writes[i] = (struct store_write){.op = STORE_INSERT,
			    .collection = "things",
			    .doc = span_of(docs[i]),
			    .key = span_of(keys[i]),
			    .next = i + 1 < BATCH ? &writes[i + 1] : NULL,
			    .expect = -1};
		}
		struct store_txn txn = {.writes = writes};
		assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	}
}

/* Segments of two levels and a log; some events. */
static int damage_setup(void **state)
{
	int rc = fixture_setup(state);
	struct fixture *f = *state;
	fixture_close(f);
	f->config.seal_count = SEAL;
	fixture_open(f);
	assert_int_equal(store_declare(f->store, "things", "k", &f->err), 0);
	add_documents(f, 0, KEYED);
	for (int i = 0; i < 3; i++) {
		char sid[32];
		key_of_number(sid, i);
		(void)add_event(f, sid, "r");
	}
	return rc;
}

static int damage_teardown(void **state)
{
	struct fixture *f = *state;
	if (f->store == NULL) {
		char command[96];
		(void)snprintf(command, sizeof(command), "rm -rf %s", f->parent);
		assert_int_equal(system(command), 0);
		free(f);
		return 0;
	}
	return fixture_teardown(state);
}

#define DAMAGE_TEST(name) TEST_WITH(name, damage_setup, damage_teardown)

static char *path_of(const struct fixture *f, const char *name)
{
	static char path[96];
	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return path;
}

static void run_sql(const struct fixture *f, const char *text)
{
	sqlite3 *db = NULL;
	char *message = NULL;
	assert_int_equal(sqlite3_open(path_of(f, "offhook.db"), &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", text, message);
	(void)sqlite3_close(db);
}

static void copy(const struct fixture *f, const char *from, const char *to)
{
	char command[160];
	(void)snprintf(command, sizeof(command), "cd %s && cp %s %s", f->dir, from, to);
	assert_int_equal(system(command), 0);
}

static off_t size_of(const struct fixture *f)
{
	struct stat db, log = {0};
	assert_int_equal(stat(path_of(f, "offhook.db"), &db), 0);
	(void)stat(path_of(f, "offhook.db-wal"), &log);
	return db.st_size + log.st_size;
}

/* The database alone, as it was before the damage. */
static void put_back(const struct fixture *f)
{
	(void)unlink(path_of(f, "offhook.db-wal"));
	(void)unlink(path_of(f, "offhook.db-shm"));
	copy(f, "good.db", "offhook.db");
}

static int try_open(struct fixture *f)
{
	f->err.text[0] = '\0';
	return store_open(&f->store, engines_for(f->dir), &f->config, &f->err);
}

/* What is done, and which place is named. */
static const struct {
	const char *sql, *place;
} cases[] = {
    {"UPDATE key_segments SET count = 0", "key_segments"},
    {"UPDATE key_segments SET count = -1", "key_segments"},
    {"UPDATE key_segments SET count = 4611686018427387904", "key_segments"},
    {"UPDATE key_segments SET count = 9223372036854775807", "key_segments"},
    {"UPDATE key_segments SET count = count + 1", "key_segments"},
    {"UPDATE key_segments SET count = count - 1", "key_segments"},
    {"UPDATE key_segments SET count = 1e300", "key_segments"},
    {"UPDATE key_segments SET count = 'many'", "key_segments"},
    {"UPDATE key_segments SET count = x'00'", "key_segments"},
    {"UPDATE key_segments SET level = -1", "key_segments"},
    {"UPDATE key_segments SET level = 32", "key_segments"},
    {"UPDATE key_segments SET level = 4294967296", "key_segments"},
    {"UPDATE key_segments SET first = 0", "key_segments"},
    {"UPDATE key_segments SET first = -5", "key_segments"},
    {"UPDATE key_segments SET first = first + 1", "key_segments"},
    {"UPDATE key_segments SET first = 9223372036854775807", "key_segments"},
    {"UPDATE key_segments SET first = (SELECT min(first) FROM key_segments)",
	"key_segments"},
    {"UPDATE key_segments SET log_end = -1", "key_segments"},
    {"UPDATE key_segments SET log_end = 9223372036854775807", "key_segments"},
    {"UPDATE key_segments SET log_end = log_end + 1", "key_segments"},
    {"UPDATE key_segments SET id = -id", "key_segments"},
    {"UPDATE key_segments SET id = id + 100", "key_segments"},
    {"UPDATE key_segments SET sum = sum + 1", "key_segments"},
    /* as an older version leaves them, without checksums */
    {"UPDATE key_segments SET sum = NULL, count = 0", "key_segments"},
    {"UPDATE key_segments SET sum = NULL, count = -1", "key_segments"},
    {"UPDATE key_segments SET sum = NULL, count = 4611686018427387904", "key_segments"},
    {"UPDATE key_segments SET sum = NULL, count = 1000000000", "key_chunks"},
    {"UPDATE key_segments SET sum = NULL, count = count + 1", "key_chunks"},
    {"UPDATE key_segments SET sum = NULL, count = count - 1", "key_chunks"},
    {"UPDATE key_segments SET sum = NULL, first = 1000000", "key_chunks"},
    {"UPDATE key_segments SET sum = NULL, count = 200,"
     " first = (SELECT min(first) FROM key_segments)",
	"key_"},
    {"DELETE FROM key_chunks", "key_chunks"},
    {"UPDATE key_chunks SET entries = substr(entries, 1, 48)", "key_chunks"},
    {"UPDATE key_chunks SET entries = zeroblob(length(entries))", "key_chunks"},
    {"UPDATE key_chunks SET entries = x''", "key_chunks"},
    {"UPDATE key_chunks SET entries = zeroblob(1000000)", "key_chunks"},
    {"DELETE FROM key_sums", "key_sums"},
    {"UPDATE key_sums SET sums = substr(sums, 1, 4)", "key_sums"},
    {"DELETE FROM key_filters", "key_filters"},
    {"UPDATE key_filters SET bits = x'00'", "key_filters"},
    {"UPDATE key_filters SET bits = zeroblob(length(bits))", "key_filters"},
    {"UPDATE key_filters SET sum = NULL", "key_filters"},
    {"UPDATE key_log SET number = 0", "key_log"},
    {"UPDATE key_log SET number = -number", "key_log"},
    {"UPDATE key_log SET number = 9223372036854775807", "key_log"},
    {"UPDATE key_log SET number = number - 1000", "key_log"},
    {"UPDATE key_log SET number = number + 1", "key_log"},
    {"UPDATE key_log SET id = -1 - id", "key_log"},
    {"UPDATE key_log SET entries = x''", "key_log"},
    {"UPDATE key_log SET entries = substr(entries, 1, 23)", "key_log"},
    {"UPDATE key_log SET entries = zeroblob(length(entries))", "key_log"},
    {"UPDATE key_log SET sum = NULL, number = number + 1", "key_log"},
    {"DELETE FROM key_log WHERE number = (SELECT max(number) - 3 FROM key_log)",
	"key_log"},
    {"DELETE FROM meta WHERE name = 'next_row'", "next_row"},
    {"UPDATE meta SET value = 0 WHERE name = 'next_row'", "next_row"},
    {"UPDATE meta SET value = 1 WHERE name = 'next_row'", "next_row"},
    {"UPDATE meta SET value = -7 WHERE name = 'next_row'", "next_row"},
    {"UPDATE meta SET value = 9223372036854775807 WHERE name = 'next_row'", "next_row"},
    {"UPDATE meta SET value = 'x' WHERE name = 'next_row'", "next_row"},
    {"UPDATE meta SET value = NULL WHERE name = 'next_row'", "next_row"},
    {"UPDATE meta SET value = 70000.5 WHERE name = 'next_row'", "next_row"},
    {"DELETE FROM meta WHERE name = 'next_job'", "next_job"},
    {"UPDATE meta SET value = -1 WHERE name = 'next_job'", "next_job"},
    {"UPDATE meta SET value = 9223372036854775807 WHERE name = 'next_job'", "next_job"},
    {"UPDATE meta SET value = x'31' WHERE name = 'next_job'", "next_job"},
    {"DELETE FROM meta WHERE name = 'unkeyed_first'", "unkeyed_first"},
    {"UPDATE meta SET value = -1 WHERE name = 'unkeyed_first'", "unkeyed_first"},
    {"DELETE FROM meta WHERE name = 'unkeyed_last'", "unkeyed_last"},
    {"UPDATE meta SET value = 1000000 WHERE name = 'unkeyed_last'", "unkeyed_last"},
    {"DELETE FROM meta WHERE name = 'written_by'", "written_by"},
    {"UPDATE meta SET value = 'me' WHERE name = 'written_by'", "written_by"},
    {"DELETE FROM meta WHERE name = 'readable_from'", "readable_from"},
    {"UPDATE meta SET value = 7 WHERE name = 'readable_from'", "readable_from"},
    {"DELETE FROM meta", "meta"},
    {"UPDATE event SET id = 9223372036854775807 WHERE id = 3", "event"},
    {"UPDATE doc_things SET id = id + 9000000", "doc_things"},
};

/* faults 4.4b */
DAMAGE_TEST(numbers_that_cannot_be_are_refused_with_their_place)
{
	struct fixture *f = *state;
	fixture_close(f);
	run_sql(f, "PRAGMA wal_checkpoint(TRUNCATE)");
	copy(f, "offhook.db", "good.db");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_back(f);
		run_sql(f, cases[i].sql);
		off_t before = size_of(f);
		if (try_open(f) == 0)
			fail_msg("accepted: %s", cases[i].sql);
		if (strstr(f->err.text, "the store is damaged: ") == NULL ||
		    strstr(f->err.text, cases[i].place) == NULL)
			fail_msg("%s: %s", cases[i].sql, f->err.text);
		assert_true(size_of(f) < before + 100000);
	}
	put_back(f);
	fixture_open(f);
}

/* Whether the document of that key is found: 1, 0, or -1 with f->err. */
static int find(struct fixture *f, struct store_reader *reader, int i)
{
	json_t *doc = NULL;
	char key[32];
	key_of_number(key, i);
	int rc = store_get(reader, "things", span_of(key), false, &doc, &f->err);
	json_decref(doc);
	return rc;
}

/* All are found, or that they are damaged is said. Gives how often it was. */
static int find_all(struct fixture *f, struct store_reader *reader, int count)
{
	int told = 0;
	for (int i = 0; i < count; i++) {
		int found = find(f, reader, i);
		assert_int_not_equal(found, 0);
		told += found < 0;
		if (found < 0)
			assert_non_null(strstr(f->err.text, "the store is damaged: "));
	}
	return told;
}

/* faults 4.4: a byte in the midst of a segment, which a start does not read. */
DAMAGE_TEST(a_flipped_byte_is_told_when_it_is_read)
{
	static const char *const flips[] = {
	    "UPDATE key_chunks SET entries = CAST(substr(entries, 1, 1006) || x'55' ||"
	    " substr(entries, 1008) AS BLOB) WHERE id IN (SELECT first FROM key_segments)",
	    "UPDATE key_sums SET sums = CAST(substr(sums, 1, 3) || x'55' ||"
	    " substr(sums, 5) AS BLOB) WHERE id IN (SELECT first FROM key_segments)",
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(flips) / sizeof(flips[0]); i++) {
		struct store_reader *other = NULL;
		fixture_close(f);
		run_sql(f, i == 0 ? "PRAGMA wal_checkpoint(TRUNCATE)" : "SELECT 1");
		if (i == 0)
			copy(f, "offhook.db", "good.db");
		put_back(f);
		run_sql(f, flips[i]);
		fixture_open(f);
		int told = find_all(f, f->reader, KEYED);
		assert_true(told > 0);
		assert_int_equal(
		    store_reader_open(&other, engines_for(f->dir), f->dir, &f->err), 0);
		assert_int_equal(find_all(f, other, KEYED), told);
		store_reader_close(other);
	}
}

/* A store that an older version wrote: no checksums, and new ones where it goes on. */
DAMAGE_TEST(a_store_without_checksums_opens_and_gets_them)
{
	struct fixture *f = *state;
	struct store_reader *other = NULL;
	fixture_close(f);
	run_sql(f, "UPDATE key_segments SET sum = NULL; UPDATE key_log SET sum = NULL;"
		   "UPDATE key_filters SET sum = NULL; DELETE FROM key_sums;");
	fixture_open(f);
	assert_int_equal(find_all(f, f->reader, KEYED), 0);
	add_documents(f, KEYED, 9 * SEAL);
	assert_int_equal(
	    store_reader_open(&other, engines_for(f->dir), f->dir, &f->err), 0);
	assert_int_equal(find_all(f, other, KEYED + 9 * SEAL), 0);
	store_reader_close(other);
	fixture_reopen(f);
	assert_int_equal(find_all(f, f->reader, KEYED + 9 * SEAL), 0);
}
