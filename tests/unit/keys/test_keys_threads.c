/* One writer, and readers that ask while it seals, merges and rolls back. */
#include "keys_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
	READERS = 3,
	COMMITS = 600,
	KEYS_A_COMMIT = 9,
	WHATS = 3,
	ROLLED_BACK = 1000000
};

struct shared {
	struct fixture *f;
	_Atomic uint32_t committed; /* keys */
	_Atomic bool over;
	_Atomic uint64_t answers;
};

/* The n-th key, whose row is n + 1. */
static void nth_key(unsigned char key[KEYS_SIZE], uint32_t n)
{
	make_key(key, n / WHATS, n % WHATS);
}

/* cmocka's assertions are for the main thread only. */
static void must(bool truth, const char *what)
{
	if (!truth) {
		fprintf(stderr, "not so: %s\n", what);
		abort();
	}
}

/* By the writer's memory and db, or by a keys_reader of db. */
static int find(struct shared *s, struct keys_reader *own, sqlite3 *db,
    const unsigned char key[KEYS_SIZE], int64_t *row)
{
	struct error err;
	return own != NULL ? keys_reader_find(own, key, row, &err)
			   : keys_find(s->f->keys, db, key, row, &err);
}

static void ask_for_known(
    struct shared *s, struct keys_reader *own, sqlite3 *db, uint32_t n)
{
	unsigned char key[KEYS_SIZE];
	struct error err;
	int64_t row = 0, want = (int64_t)n + 1, *rows;
	size_t count, at = 0;

	nth_key(key, n);
	enum keys_known known = keys_peek(s->f->keys, key, &row);
	must(known != KEYS_NEW, "a committed key is not new");
	must(known != KEYS_KNOWN || row == want, "its row is right");
	must(find(s, own, db, key, &row) == 1, "it is found");
	must(row == want, "with its row");
	must((own != NULL
		     ? keys_reader_find_prefix(own, key, &rows, &count, &err)
		     : keys_find_prefix(s->f->keys, db, key, &rows, &count, &err)) == 0,
	    "the prefix is searched");
	while (at < count && rows[at] != want)
		at++;
	must(at < count, "it is found by prefix");
	free(rows);
}

static void ask_for_strangers(
    struct shared *s, struct keys_reader *own, sqlite3 *db, uint32_t n)
{
	unsigned char key[KEYS_SIZE];
	int64_t row = 0;

	nth_key(key, ROLLED_BACK + n);
	must(keys_peek(s->f->keys, key, &row) != KEYS_KNOWN,
	    "what was rolled back is not known");
	must(find(s, own, db, key, &row) == 0, "nor found");
}

static void *reader_main(void *arg)
{
	struct shared *s = arg;
	sqlite3 *db = NULL;
	uint64_t random = (uint64_t)(uintptr_t)&db;

	must(sqlite3_open(s->f->path, &db) == SQLITE_OK, "the reader opens");
	sqlite3_busy_timeout(db, 10000);
	struct keys_reader *reader = keys_reader_new(db);
	while (!s->over) {
		uint32_t committed = s->committed;
		if (committed == 0)
			continue;
		uint64_t r = next_random(&random);
		struct keys_reader *own = r % 4 == 0 ? reader : NULL;
		ask_for_known(s, own, db, (uint32_t)(r >> 8) % committed);
		ask_for_known(s, own, db, committed - 1);
		ask_for_strangers(s, own, db, (uint32_t)(r >> 8) % committed);
		s->answers++;
	}
	keys_reader_free(reader);
	sqlite3_close(db);
	return NULL;
}

static void write_all(struct shared *s)
{
	struct fixture *f = s->f;
	unsigned char key[KEYS_SIZE];
	uint32_t next = 0;

	for (uint32_t i = 0; i < COMMITS; i++) {
		bool undone = i % 5 == 4;
		uint32_t first = undone ? ROLLED_BACK + next : next;
		run_sql(f->db, "BEGIN IMMEDIATE");
		for (uint32_t n = first; n < first + KEYS_A_COMMIT; n++) {
			struct error err;
			int64_t row = 0;
			nth_key(key, n);
			must(keys_find_uncommitted(f->keys, key, &row, &err) == 0,
			    "a new key is new");
			keys_add(f->keys, key, (int64_t)n + 1);
		}
		if (undone) {
			rollback(f);
			continue;
		}
		assert_true(commit(f, 4000));
		next += KEYS_A_COMMIT;
		s->committed = next;
	}
}

TEST(readers_are_right_while_the_writer_works)
{
	struct shared s = {.f = fixture_new(64, 2)};
	pthread_t readers[READERS];

	sqlite3_busy_timeout(s.f->db, 10000);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, reader_main, &s), 0);
	write_all(&s);
	uint64_t before = s.answers;
	while (s.answers < before + 200)
		usleep(1000);
	s.over = true;
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	fixture_free(s.f);
}
