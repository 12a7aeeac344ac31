/* crash_power -- the power goes, at any moment. What a store does to its files is recorded
 * (power_recorder.h); for many moments of the record a directory is made as the disk may
 * have it then (power_disk.h), and the store that is opened there must have everything that
 * was acknowledged before, each transaction whole or not at all, and go on (power_check.h).
 * A life begins with nothing, with a store of 0.1.0, or with what a cut has left, so that
 * recovery is cut, too. In the end the disk lies: what is found out then shows that this
 * test can fail.
 *
 *   crash_power CUTS [SEED]        so many cuts of each life
 *   crash_power RECORD CUT CHANCE  once more, as a failure has printed it
 *
 * The same seed makes the same work, but threads meet otherwise; so a failure leaves its
 * record, from which its directory is made again exactly. TAP on stdout. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "power_check.h"
#include "power_disk.h"
#include "power_life.h"
#include "power_recorder.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	CHECK_S = 120,    /* a check that takes longer hangs */
	KILL_CALLS = 600, /* a killed life has fewer */
	AFTER_KILL = 60,
	NEAR = 4,
	LIE_CUTS = 300 /* until a lie is found out */
};

/* Kept with the record. */
struct plan {
	struct life life;
	struct promise before; /* of what the life begins with */
};

static const struct act {
	const char *name;

	enum { NOTHING, OLD_STORE, LAST_CUT } from;

	int64_t count, wal_limit_bytes;
	bool kill;
} acts[] = {
    {.name = "a new store", .count = 30},
    {.name = "a log that starts anew now and then",
	.from = LAST_CUT,
	.count = 350,
	.wal_limit_bytes = 512 << 10},
    {.name = "a log that starts anew all the time",
	.from = LAST_CUT,
	.count = 200,
	.wal_limit_bytes = 64 << 10},
    {.name = "a log that grows", .from = LAST_CUT, .count = 300},
    {.name = "a server that is killed, and started again",
	.from = LAST_CUT,
	.count = 60,
	.wal_limit_bytes = 512 << 10,
	.kill = true},
    {.name = "a store of 0.1.0", .from = OLD_STORE, .count = 30},
    {.name = "its next life",
	.from = LAST_CUT,
	.count = 200,
	.wal_limit_bytes = 256 << 10},
};

enum { ACTS = sizeof(acts) / sizeof(acts[0]) };

/* What an honest disk would have kept, and in which act that is seen. */
static const struct lie {
	const char *name;
	enum disk_lie lie;
	int act;
} lies[] = {
    {"a disk that forgets syncs of the log is found out", DISK_LIES_OF_LOG, 1},
    {"a disk that forgets syncs of the database is found out", DISK_LIES_OF_DATABASE,
	2},
    {"a disk that forgets syncs of directories is found out", DISK_LIES_OF_NAMES, 0},
    {"a disk that forgets all syncs is found out", DISK_LIES, 3},
};

enum { LIE_COUNT = sizeof(lies) / sizeof(lies[0]) };

struct world {
	char dir[64], root[80];
	unsigned seed;
	struct plan plan;
	struct record *record;
	size_t killed_at; /* of the record; 0: nobody was */
	/* a cut of the last act, which the next one may begin with */
	size_t cut;
	uint64_t chance;
	int tests, failures;
};

static unsigned random_below(struct world *world, size_t bound)
{
	return (unsigned)rand_r(&world->seed) % (unsigned)bound;
}

static void report(struct world *world, bool ok, const char *name, const char *more)
{
	world->tests++;
	world->failures += !ok;
	(void)printf("%s %d - %s%s\n", ok ? "ok" : "not ok", world->tests, name, more);
	(void)fflush(stdout);
}

/* ---- directories ---- */

static void empty_root(const struct world *world)
{
	char *command = mem_printf("rm -rf %s/*", world->root);
	if (system(command) != 0)
		abort();
	free(command);
}

static void make_old_store(const struct world *world)
{
	struct buf sql = {0};
	char part[4096];
	size_t len;
	sqlite3 *db = NULL;
	FILE *file = fopen(TEST_DATA_DIR "/store-0.1.0.sql", "r");
	while (file != NULL && (len = fread(part, 1, sizeof(part), file)) > 0)
		buf_add(&sql, part, len);
	buf_putc(&sql, '\0');
	char *path = mem_printf("%s/offhook.db", world->plan.life.dir);
	if (file == NULL || mkdir(world->plan.life.dir, 0700) < 0 ||
	    sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql.ptr, NULL, NULL, NULL) != SQLITE_OK)
		abort();
	(void)fclose(file);
	(void)sqlite3_close(db);
	free(path);
	buf_free(&sql);
}

/* ---- a check, in a process of its own ---- */

static struct promise promise_at(
    const struct plan *plan, const struct record *record, size_t cut)
{
	struct promise promise = plan->before;
	for (size_t i = 0; i < cut; i++) {
		const struct record_op *op = record_at(record, i);
		if (op->kind == RECORD_MARK)
			promise.marks[op->file] = op->at;
	}
	return promise;
}

/* Of the directory that is there now. */
static int check_apart(const struct plan *plan, const struct promise *promise,
    uint64_t chance, struct error *err)
{
	int answer[2], status = 0;
	if (pipe(answer) < 0)
		abort();
	(void)fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		struct error why = {""};
		(void)alarm(CHECK_S);
		int rc = check_store(&plan->life, promise, chance % 4 == 0, &why);
		if (rc < 0)
			(void)!write(answer[1], why.text, strlen(why.text));
		_exit(rc < 0);
	}
	(void)close(answer[1]);
	ssize_t len = read(answer[0], err->text, sizeof(err->text) - 1);
	err->text[len < 0 ? 0 : len] = '\0';
	(void)close(answer[0]);
	if (waitpid(pid, &status, 0) != pid || WIFSIGNALED(status))
		return error_set(err, "the check ended by signal %d", WTERMSIG(status));
	return status == 0 ? 0 : -1;
}

static int cut_and_check(const struct world *world, const struct disk *disk, size_t cut,
    uint64_t chance, struct error *err)
{
	struct promise promise = promise_at(&world->plan, world->record, cut);
	empty_root(world);
	disk_write(disk, chance, world->root);
	return check_apart(&world->plan, &promise, chance, err);
}

/* ---- which cuts ---- */

static int compare_cuts(const void *a, const void *b)
{
	const size_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Half of them are anywhere, the others near what makes a difference. */
static size_t choose_cut(struct world *world)
{
	size_t count = record_count(world->record);
	size_t first = record_first(world->record);
	size_t cut = first + random_below(world, count - first + 1);
	if (world->killed_at > 0 && random_below(world, 2) == 0)
		return world->killed_at +
		       random_below(world, count - world->killed_at < AFTER_KILL
					       ? count - world->killed_at + 1
					       : AFTER_KILL);
	if (random_below(world, 2) == 0)
		return cut;
	while (cut < count) {
		enum record_kind kind = record_at(world->record, cut)->kind;
		if (kind != RECORD_WRITE)
			break;
		cut++;
	}
	cut += random_below(world, NEAR);
	return cut > count ? count : cut;
}

static size_t *choose_cuts(struct world *world, int count)
{
	size_t *cuts = mem_new((size_t)count, sizeof(*cuts));
	for (int i = 0; i < count; i++)
		cuts[i] = choose_cut(world);
	qsort(cuts, (size_t)count, sizeof(*cuts), compare_cuts);
	return cuts;
}

static uint64_t choose_chance(struct world *world)
{
	return (uint64_t)random_below(world, 1 << 30) << 30 |
	       random_below(world, 1 << 30);
}

/* ---- an act ---- */

static int live(struct world *world, bool again, int64_t die_at)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		struct error err = {""};
		struct life life = world->plan.life;
		life.repeats = again;
		int rc = recorder_start(world->record, world->root, die_at, &err);
		if (rc == 0)
			rc = life_run(&life, &err);
		recorder_stop();
		if (rc < 0)
			(void)fprintf(stderr, "a life: %s\n", err.text);
		_exit(rc < 0);
	}
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int prepare(struct world *world, const struct act *act, struct disk *last)
{
	struct life *life = &world->plan.life;
	if (act->from == LAST_CUT) {
		world->plan.before =
		    promise_at(&world->plan, world->record, world->cut);
		empty_root(world);
		disk_write(last, world->chance, world->root);
	} else {
		world->plan.before = (struct promise){{0}};
		empty_root(world);
		life->old = act->from == OLD_STORE;
		if (life->old)
			make_old_store(world);
	}
	life->count = act->count;
	life->wal_limit_bytes = act->wal_limit_bytes;
	life->seed = random_below(world, 1 << 20);
	return 0;
}

static char *record_path(const struct world *world, int act)
{
	return mem_printf("%s/record-%d", world->dir, act);
}

static int record_act(struct world *world, int number, struct error *err)
{
	const struct act *act = &acts[number];
	char *path = record_path(world, number);
	world->record = record_new(path, &world->plan, sizeof(world->plan));
	world->killed_at = 0;
	int rc = 0;
	if (act->kill) {
		int64_t die_at = 1 + (int64_t)random_below(world, KILL_CALLS);
		rc = live(world, false, die_at);
		record_index(world->record);
		world->killed_at = record_count(world->record);
		rc = rc == RECORDER_KILLED ? 0 : rc;
	}
	if (rc == 0)
		rc = live(world, act->kill, 0);
	record_keep(world->record, path);
	record_index(world->record);
	free(path);
	if (rc != 0)
		return error_set(err, "its life ended with %d", rc);
	struct disk *disk = disk_new(world->record, DISK_HONEST);
	disk_go(disk, record_count(world->record));
	rc = disk_compare(disk, world->root, err);
	disk_free(disk);
	return rc;
}

/* Cuts until one fails, or so many: how many there were, with the failed one. */
static int cut_act(struct world *world, enum disk_lie lie, int count, size_t *cut,
    uint64_t *chance, struct error *err)
{
	struct disk *disk = disk_new(world->record, lie);
	size_t *cuts = choose_cuts(world, count);
	int kept = (int)random_below(world, (size_t)count), rc = 0, i = 0;
	while (i < count && rc == 0) {
		*cut = cuts[i];
		*chance = choose_chance(world);
		disk_go(disk, *cut);
		rc = cut_and_check(world, disk, *cut, *chance, err);
		if (i++ == kept && lie == DISK_HONEST) {
			world->cut = *cut;
			world->chance = *chance;
		}
	}
	disk_free(disk);
	free(cuts);
	return i;
}

static void run_act(struct world *world, int number, int count)
{
	struct error err = {""};
	size_t cut = 0;
	uint64_t chance = 0;
	int cuts = 0;
	int rc = record_act(world, number, &err);
	if (rc == 0)
		cuts = cut_act(world, DISK_HONEST, count, &cut, &chance, &err);
	char *path = record_path(world, number);
	char *more =
	    err.text[0] == '\0'
		? mem_printf(": %d cuts of %zu", cuts, record_count(world->record))
		: mem_printf(": %s\n# crash_power %s %zu %llu", err.text, path, cut,
		      (unsigned long long)chance);
	report(world, err.text[0] == '\0', acts[number].name, more);
	free(more);
	free(path);
}

static void run_lies(struct world *world, int act)
{
	for (int i = 0; i < LIE_COUNT; i++) {
		struct error err = {""};
		size_t cut = 0;
		uint64_t chance = 0;
		if (lies[i].act != act)
			continue;
		int cuts = cut_act(world, lies[i].lie, LIE_CUTS, &cut, &chance, &err);
		char *more = mem_printf(", by %d cuts: %s", cuts, err.text);
		report(world, err.text[0] != '\0', lies[i].name, more);
		free(more);
	}
}

static int run_all(struct world *world, int count)
{
	struct disk *last = NULL;
	(void)snprintf(world->dir, sizeof(world->dir), "/tmp/offhook-power-XXXXXX");
	if (mkdtemp(world->dir) == NULL)
		return 1;
	(void)snprintf(world->root, sizeof(world->root), "%s/disk", world->dir);
	(void)snprintf(
	    world->plan.life.dir, sizeof(world->plan.life.dir), "%s/data", world->root);
	if (mkdir(world->root, 0700) < 0)
		return 1;
	(void)printf("# seed %u, in %s\n", world->seed, world->dir);
	for (int i = 0; i < ACTS && world->failures == 0; i++) {
		(void)prepare(world, &acts[i], last);
		disk_free(last);
		record_free(world->record);
		run_act(world, i, count);
		last = disk_new(world->record, DISK_HONEST);
		disk_go(last, world->cut);
		if (world->failures == 0)
			run_lies(world, i);
	}
	disk_free(last);
	record_free(world->record);
	(void)printf("1..%d\n", world->tests);
	char *command = mem_printf("rm -rf %s", world->dir);
	if (world->failures == 0 && system(command) != 0)
		(void)printf("# left: %s\n", world->dir);
	free(command);
	return world->failures > 0;
}

/* The directory stays, as the check has left it. */
static int run_again(struct world *world, char **args)
{
	struct error err = {""};
	size_t cut = strtoull(args[2], NULL, 10);
	uint64_t chance = strtoull(args[3], NULL, 10);
	world->record = record_load(args[1], &world->plan, sizeof(world->plan));
	if (world->record == NULL || cut < record_first(world->record) ||
	    cut > record_count(world->record)) {
		(void)fprintf(stderr, "%s: no such record, or cut\n", args[1]);
		return 1;
	}
	(void)snprintf(world->root, sizeof(world->root), "%.79s", world->plan.life.dir);
	*strrchr(world->root, '/') = '\0';
	struct disk *disk = disk_new(world->record, DISK_HONEST);
	disk_go(disk, cut);
	int rc = cut_and_check(world, disk, cut, chance, &err);
	(void)printf("%s: %s\n", world->root, rc == 0 ? "it is well" : err.text);
	disk_free(disk);
	record_free(world->record);
	return rc < 0;
}

int main(int argc, char **argv)
{
	struct world world = {.tests = 0};
	if (argc == 4)
		return run_again(&world, argv);
	int count = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 40;
	world.seed =
	    argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : (unsigned)getpid();
	return run_all(&world, count < 1 ? 1 : count);
}
