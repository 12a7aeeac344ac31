/* dedupe -- what it costs a store of events to recognise a repeated one. Inserts event
 * rows of about 700 bytes, 64 a transaction, synced (WAL, synchronous=FULL, checkpoint
 * every 1,000 pages), into an empty store and into one that holds --events already:
 *
 *   none    rows only: the ceiling, which recognises nothing
 *   text    UNIQUE on a text SID
 *   bucket  UNIQUE(bucket, key), 20,000 rows a bucket
 *   keys    rows only, and store/keys.h with two keys an event
 *
 * One full store at a time; rounds on it alternate with rounds of the same scheme and
 * of `none` on empty stores, so that ratios hold on a machine that is not idle. */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "keys/keys.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"

enum {
	BATCH = 64,
	BUCKET_ROWS = 20000,
	LOAD_BATCH = 10000,
	KEYS_BUDGET = 65536,
	MAX_ROUNDS = 32,
	LOOKUPS = 20000
};

struct bench;

struct scheme {
	const char *name;
	const char *index;    /* SQL run after the load, NULL: none */
	const char *find_sql; /* prepared as bench.find */
	bool keys;
	/* The row of an event, 0 when it is not there; NULL: cannot be asked. */
	int64_t (*find)(struct bench *b, int64_t number);
};

struct bench {
	const struct scheme *scheme;
	char path[512];
	sqlite3 *db, *reader;
	sqlite3_stmt *insert, *find;
	struct keys *keys;
	int64_t rows;
};

struct options {
	const char *dir, *only;
	int64_t events;
	int rounds, seconds;
};

struct round {
	double rate; /* rows a second; the first member, for they are sorted by it */
	double cpu_us, log_bytes;      /* a row */
	double p50_ms, p99_ms, max_ms; /* a transaction */
};

_Noreturn static void fail(const char *what, const char *why)
{
	fprintf(stderr, "dedupe: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static void run_sql(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail(sql, sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail(sql, sqlite3_errmsg(db));
	return stmt;
}

static int64_t ask_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = prepare(db, sql);
	if (sqlite3_step(stmt) != SQLITE_ROW)
		fail(sql, sqlite3_errmsg(db));
	int64_t number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return number;
}

/* ---- events: the key of event `number` is as random as a SID, but can be told again */

static uint64_t mix(uint64_t x)
{
	x = (x + 0x9e3779b97f4a7c15U) * 0xbf58476d1ce4e5b9U;
	x = (x ^ x >> 27) * 0x94d049bb133111ebU;
	return x ^ x >> 31;
}

/* which 0: the event's key; 1: its document's, which begins with the same SID. */
static void make_key(unsigned char key[KEYS_SIZE], int64_t number, uint64_t which)
{
	uint64_t sid = mix((uint64_t)number);
	uint64_t rest = mix(sid ^ (which + 1) << 60);
	memcpy(key, &sid, 8);
	memcpy(key + 8, &rest, 8);
}

static void make_sid(char sid[35], int64_t number)
{
	unsigned char key[KEYS_SIZE];
	make_key(key, number, 0);
	sid[0] = 'S';
	sid[1] = 'M';
	text_hex(sid + 2, key, sizeof key);
}

static const char reply[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message>Thanks for your "
    "message. We will be with you shortly.</Message></Response>";

/* A message's parameters as Twilio posts them. */
static const char params_format[] =
    "{\"ToCountry\":\"US\",\"ToState\":\"CA\",\"SmsMessageSid\":\"%s\","
    "\"NumMedia\":\"0\",\"ToCity\":\"SAN FRANCISCO\",\"FromZip\":\"94105\","
    "\"SmsSid\":\"%s\",\"FromState\":\"CA\",\"SmsStatus\":\"received\","
    "\"FromCity\":\"SAN FRANCISCO\",\"Body\":\"Is the blue one in stock?\","
    "\"FromCountry\":\"US\",\"To\":\"+15550006789\",\"ToZip\":\"94105\","
    "\"NumSegments\":\"1\",\"MessageSid\":\"%s\",\"From\":\"+15550001234\","
    "\"AccountSid\":\"AC00000000000000000000000000000001\"}";

static void insert_event(struct bench *b, int64_t number)
{
	char sid[35], params[1024];
	unsigned char key[KEYS_SIZE];

	make_sid(sid, number);
	make_key(key, number, 0);
	int length = snprintf(params, sizeof params, params_format, sid, sid, sid);
	sqlite3_bind_int64(b->insert, 1, number);
	sqlite3_bind_text(b->insert, 2, sid, -1, SQLITE_STATIC);
	sqlite3_bind_int64(b->insert, 3, number / BUCKET_ROWS);
	sqlite3_bind_blob(b->insert, 4, key, sizeof key, SQLITE_STATIC);
	sqlite3_bind_text(b->insert, 5, params, length, SQLITE_STATIC);
	sqlite3_bind_text(b->insert, 6, reply, sizeof reply - 1, SQLITE_STATIC);
	if (sqlite3_step(b->insert) != SQLITE_DONE)
		fail("insert", sqlite3_errmsg(b->db));
	sqlite3_reset(b->insert);
	b->rows++;
	if (b->keys != NULL) {
		keys_add(b->keys, key, number);
		make_key(key, number, 1);
		keys_add(b->keys, key, number);
	}
}

/* ---- looking up ---- */

static int64_t find_row(struct bench *b)
{
	int64_t row = 0;
	int rc = sqlite3_step(b->find);
	if (rc == SQLITE_ROW)
		row = sqlite3_column_int64(b->find, 0);
	else if (rc != SQLITE_DONE)
		fail("lookup", sqlite3_errmsg(b->db));
	sqlite3_reset(b->find);
	return row;
}

static int64_t find_text(struct bench *b, int64_t number)
{
	char sid[35];
	make_sid(sid, number);
	sqlite3_bind_text(b->find, 1, sid, -1, SQLITE_STATIC);
	return find_row(b);
}

/* A repeat may be of any age: every bucket is asked, the newest first. */
static int64_t find_bucket(struct bench *b, int64_t number)
{
	unsigned char key[KEYS_SIZE];
	int64_t row = 0;

	make_key(key, number, 0);
	sqlite3_bind_blob(b->find, 2, key, sizeof key, SQLITE_STATIC);
	for (int64_t bucket = b->rows / BUCKET_ROWS; row == 0 && bucket >= 0;
	     bucket--) {
		sqlite3_bind_int64(b->find, 1, bucket);
		row = find_row(b);
	}
	return row;
}

static int64_t find_keys(struct bench *b, int64_t number)
{
	unsigned char key[KEYS_SIZE];
	struct error err;
	int64_t row = 0;

	make_key(key, number, 0);
	if (keys_find(b->keys, b->reader, key, &row, &err) < 0)
		fail("lookup", err.text);
	return row;
}

static const struct scheme schemes[] = {
    {"none", NULL, NULL, false, NULL},
    {"text", "CREATE UNIQUE INDEX events_sid ON events (sid)",
	"SELECT id FROM events WHERE sid = ?1", false, find_text},
    {"bucket", "CREATE UNIQUE INDEX events_key ON events (bucket, key)",
	"SELECT id FROM events WHERE bucket = ?1 AND key = ?2", false, find_bucket},
    {"keys", NULL, NULL, true, find_keys},
};

/* ---- a store ---- */

static void open_bench(struct bench *b)
{
	struct error err;
	const struct keys_config config = {0};

	if (sqlite3_open(b->path, &b->db) != SQLITE_OK ||
	    sqlite3_open(b->path, &b->reader) != SQLITE_OK)
		fail(b->path, sqlite3_errmsg(b->db));
	run_sql(b->db, "PRAGMA cache_size = -16000; PRAGMA journal_mode = WAL;"
		       "PRAGMA synchronous = FULL;"
		       "PRAGMA wal_autocheckpoint = 1000;"
		       "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, "
		       "sid TEXT, bucket INTEGER, key BLOB, params TEXT, reply TEXT)");
	if (b->scheme->keys) {
		run_sql(b->db, keys_schema);
		if (keys_open(&b->keys, b->db, &config, &err) < 0)
			fail(b->path, err.text);
	}
	b->rows = ask_number(b->db, "SELECT ifnull(max(id), 0) FROM events");
	if (b->scheme->find_sql != NULL)
		b->find = prepare(b->db, b->scheme->find_sql);
	b->insert =
	    prepare(b->db, "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
}

static void close_bench(struct bench *b)
{
	keys_close(b->keys);
	sqlite3_finalize(b->insert);
	sqlite3_finalize(b->find);
	sqlite3_close(b->reader);
	sqlite3_close(b->db);
	b->keys = NULL;
	b->find = NULL;
}

static void new_bench(struct bench *b, const struct scheme *scheme, const char *name,
    const struct options *options)
{
	memset(b, 0, sizeof *b);
	b->scheme = scheme;
	snprintf(b->path, sizeof b->path, "%s/dedupe-%s-%s.db", options->dir,
	    scheme->name, name);
	unlink(b->path);
	open_bench(b);
}

static void remove_bench(struct bench *b)
{
	close_bench(b);
	unlink(b->path); /* closing removed its log */
}

static void commit(struct bench *b, size_t budget)
{
	struct error err;
	if (b->keys != NULL && keys_write(b->keys, budget, &err) < 0)
		fail("keys", err.text);
	run_sql(b->db, "COMMIT");
	if (b->keys != NULL)
		keys_committed(b->keys);
}

/* Fast, for what is measured comes later. */
static void load(struct bench *b, int64_t events)
{
	int64_t start = clock_mono_us();

	run_sql(b->db, "PRAGMA synchronous = OFF");
	while (b->rows < events) {
		run_sql(b->db, "BEGIN IMMEDIATE");
		for (int i = 0; i < LOAD_BATCH && b->rows < events; i++)
			insert_event(b, b->rows + 1);
		commit(b, 0);
	}
	if (b->scheme->index != NULL)
		run_sql(b->db, b->scheme->index);
	run_sql(b->db, "PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)");
	int fd = open(b->path, O_RDONLY);
	if (fd < 0 || fsync(fd) != 0)
		fail(b->path, "cannot be synced");
	close(fd);
	if (events > 0)
		fprintf(stderr, "%s: loaded in %.1f us an event\n", b->scheme->name,
		    (double)(clock_mono_us() - start) / (double)events);
}

/* ---- measuring ---- */

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Each event is asked for first, as a server must; UNIQUE asks by itself. */
static void insert_batch(struct bench *b)
{
	run_sql(b->db, "BEGIN IMMEDIATE");
	for (int i = 0; i < BATCH; i++) {
		if (b->keys != NULL && find_keys(b, b->rows + 1) != 0)
			fail("keys", "a new key was known");
		insert_event(b, b->rows + 1);
	}
	commit(b, KEYS_BUDGET);
}

/* Written to the log since the last call. */
static double log_bytes(struct bench *b)
{
	int pages = 0, unused = 0;
	sqlite3_db_status(b->db, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &unused, 1);
	return pages * 4096.0;
}

static struct round measure(struct bench *b, int seconds)
{
	clock_t cpu = clock();
	log_bytes(b);
	size_t count = 0, cap = 1024;
	double *times = mem_new(cap, sizeof *times);
	int64_t start = clock_mono_us(), now = start;
	while (now - start < seconds * INT64_C(1000000)) {
		int64_t before = now;
		insert_batch(b);
		now = clock_mono_us();
		if (count == cap)
			times = mem_resize(times, cap *= 2, sizeof *times);
		times[count++] = (double)(now - before) / 1e3;
	}
	qsort(times, count, sizeof *times, compare);
	struct round round = {
	    .rate = (double)(count * BATCH) * 1e6 / (double)(now - start),
	    .cpu_us = (double)(clock() - cpu) * 1e6 / CLOCKS_PER_SEC /
		      (double)(count * BATCH),
	    .log_bytes = log_bytes(b) / (double)(count * BATCH),
	    .p50_ms = times[count / 2],
	    .p99_ms = times[count * 99 / 100],
	    .max_ms = times[count - 1],
	};
	free(times);
	return round;
}

static struct round measure_empty(
    const struct scheme *scheme, const struct options *options)
{
	struct bench b;
	new_bench(&b, scheme, "empty", options);
	load(&b, 0);
	struct round round = measure(&b, options->seconds);
	remove_bench(&b);
	return round;
}

/* Microseconds a lookup; `first` and the step choose the events asked for. */
static double measure_find(struct bench *b, int64_t first, int64_t range, int count)
{
	int64_t start = clock_mono_us();
	for (int i = 0; i < count; i++) {
		int64_t number = first + (int64_t)(mix((uint64_t)i) % (uint64_t)range);
		int64_t want = first <= b->rows ? number : 0;
		if (b->scheme->find(b, number) != want)
			fail(b->scheme->name, "a lookup gave the wrong row");
	}
	return (double)(clock_mono_us() - start) / count;
}

static void report_rest(struct bench *b)
{
	close_bench(b);
	int64_t start = clock_mono_us();
	open_bench(b);
	printf("  start %.1f ms", (double)(clock_mono_us() - start) / 1e3);
	if (b->scheme->find != NULL) {
		int count = b->scheme->find == find_bucket ? LOOKUPS / 20 : LOOKUPS;
		int64_t absent = b->rows + 1000000000;
		double cold = measure_find(b, absent, INT64_C(1) << 40, count);
		double warm = measure_find(b, absent, INT64_C(1) << 40, count);
		double old = measure_find(b, 1, b->rows, count);
		printf("; lookup of an absent key %.2f us (after start %.2f), of an "
		       "old one %.2f us",
		    warm, cold, old);
	}
	if (b->keys != NULL)
		printf("; keys hold %.1f MB", (double)keys_memory(b->keys) / 1e6);
	run_sql(b->db, "PRAGMA wal_checkpoint(TRUNCATE)");
	printf("; %.0f bytes an event on disk\n",
	    (double)ask_number(b->db, "PRAGMA page_count") * 4096 / (double)b->rows);
}

/* The median of what each round gives relative to the other of its time. */
static double ratio(const struct round *rounds, const struct round *base, int count)
{
	double ratios[MAX_ROUNDS];
	for (int i = 0; i < count; i++)
		ratios[i] = rounds[i].rate / base[i].rate;
	qsort(ratios, (size_t)count, sizeof *ratios, compare);
	return ratios[count / 2];
}

static void report(const char *what, struct round *rounds, int count)
{
	double worst = 0;

	for (int i = 0; i < count; i++)
		worst = rounds[i].max_ms > worst ? rounds[i].max_ms : worst;
	qsort(rounds, (size_t)count, sizeof *rounds, compare);
	struct round median = rounds[count / 2];
	printf(
	    "  %-10s %7.0f rows/s [%.0f-%.0f]; a row %.1f us CPU, %.0f bytes of log; "
	    "a batch p50 %.2f p99 %.2f max %.1f ms\n",
	    what, median.rate, rounds[0].rate, rounds[count - 1].rate, median.cpu_us,
	    median.log_bytes, median.p50_ms, median.p99_ms, worst);
}

static void run_scheme(const struct scheme *scheme, const struct options *options)
{
	struct round full[MAX_ROUNDS], empty[MAX_ROUNDS], ceiling[MAX_ROUNDS];
	int rounds = options->rounds;
	struct bench b;

	new_bench(&b, scheme, "full", options);
	load(&b, options->events);
	for (int i = 0; i < rounds; i++) {
		full[i] = measure(&b, options->seconds);
		empty[i] = measure_empty(scheme, options);
		ceiling[i] = measure_empty(&schemes[0], options);
	}
	printf("%s, %" PRId64 " events: at 0 / none at 0 %.2f; full / none at 0 %.2f; "
	       "full / at 0 %.2f\n",
	    scheme->name, options->events, ratio(empty, ceiling, rounds),
	    ratio(full, ceiling, rounds), ratio(full, empty, rounds));
	report("none, at 0", ceiling, rounds);
	report("at 0", empty, rounds);
	report("full", full, rounds);
	report_rest(&b);
	remove_bench(&b);
}

int main(int argc, char **argv)
{
	static const struct option names[] = {{"dir", required_argument, NULL, 'd'},
	    {"events", required_argument, NULL, 'e'},
	    {"rounds", required_argument, NULL, 'r'},
	    {"seconds", required_argument, NULL, 's'},
	    {"only", required_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
	struct options options = {"/tmp", NULL, 10000000, 7, 4};
	int c = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'd')
			options.dir = optarg;
		else if (c == 'o')
			options.only = optarg;
		else if (c == 'e')
			options.events = strtoll(optarg, NULL, 10);
		else if (c == 'r')
			options.rounds = (int)strtol(optarg, NULL, 10);
		else if (c == 's')
			options.seconds = (int)strtol(optarg, NULL, 10);
		else
			return 2;
	}
	if (options.rounds < 1 || options.rounds > MAX_ROUNDS)
		fail("--rounds", "1 to 32");
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (options.only == NULL || strcmp(options.only, schemes[i].name) == 0)
			run_scheme(&schemes[i], &options);
	}
	return 0;
}
