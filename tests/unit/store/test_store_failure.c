/* When the disk does not take it: nothing is acknowledged, everyone is told, and it
 * goes on by itself once there is room. */
#include "job_fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "engines/engines.h"
#include "util/log.h"

/* A limit on the size of files, lower than the log must become. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static enum store_result try_event(struct fixture *f, const char *sid)
{
	struct store_txn txn = event_txn(sid, "r");
	enum store_result result = store_commit(f->store, &txn);
	f->err = txn.error;
	return result;
}

static void wait_healthy(struct fixture *f)
{
	for (int i = 0; i < 10000 && !store_healthy(f->store, NULL); i++)
		(void)usleep(1000);
	assert_true(store_healthy(f->store, NULL));
}

STORE_TEST(a_full_disk_fails_commits_until_there_is_room)
{
	struct fixture *f = *state;
	struct store_stats stats;
	(void)add_event(f, "SM1", "r");
	limit_files(4096);
	assert_int_equal(try_event(f, "SM2"), STORE_FAILED);
	assert_true(f->err.text[0] != '\0');
	assert_int_equal(try_event(f, "SM3"), STORE_FAILED);
	assert_false(store_healthy(f->store, NULL));
	assert_events(f, (struct store_event_query){0}, "1");
	limit_files(RLIM_INFINITY);
	assert_int_equal(try_event(f, "SM2"), STORE_OK);
	assert_true(store_healthy(f->store, NULL));
	assert_events(f, (struct store_event_query){0}, "1 2");
	store_stats(f->store, &stats);
	assert_true(stats.failed_commits >= 2);
	fixture_reopen(f);
	assert_events(f, (struct store_event_query){0}, "1 2");
}

STORE_TEST(it_recovers_with_nothing_to_do)
{
	struct fixture *f = *state;
	limit_files(4096);
	assert_int_equal(try_event(f, "SM1"), STORE_FAILED);
	limit_files(RLIM_INFINITY);
	wait_healthy(f);
	assert_int_equal(try_event(f, "SM1"), STORE_OK);
}

struct asked {
	struct store_claim claim;
	_Atomic int told;
};

static void told(struct store_claim *claim)
{
	((struct asked *)claim)->told++;
}

static bool ask(struct fixture *f, struct asked *asked, const char *key)
{
	*asked = (struct asked){.claim = {.arena = arena_new(), .done = told}};
	asked->claim.key = key_of(key);
	return store_claim(f->store, &asked->claim, true);
}

STORE_TEST(who_waits_for_a_failed_commit_fails_and_the_key_is_free)
{
	struct fixture *f = *state;
	struct asked first, second, third;
	assert_true(ask(f, &first, "SM1"));
	assert_false(ask(f, &second, "SM1"));
	limit_files(4096);
	assert_int_equal(try_event(f, "SM1"), STORE_FAILED);
	limit_files(RLIM_INFINITY);
	assert_int_equal(second.told, 1);
	assert_int_equal(second.claim.outcome, CLAIM_FAILED);
	assert_true(ask(f, &third, "SM1"));
	assert_int_equal(third.claim.outcome, CLAIM_NEW);
	assert_int_equal(try_event(f, "SM1"), STORE_OK);
	arena_free(first.claim.arena);
	arena_free(second.claim.arena);
	arena_free(third.claim.arena);
}

STORE_TEST(documents_and_their_keys_fail_with_the_event)
{
	struct fixture *f = *state;
	assert_int_equal(store_declare(f->store, "c", "k", &f->err), 0);
	limit_files(4096);
	assert_int_equal(insert(f, "c", "{\"k\":\"a\"}", "a"), STORE_FAILED);
	assert_int_equal(insert(f, "fresh", "{\"k\":\"a\"}", NULL), STORE_FAILED);
	limit_files(RLIM_INFINITY);
	assert_int_equal(insert(f, "c", "{\"k\":\"a\"}", "a"), STORE_OK);
	assert_int_equal(insert(f, "fresh", "{\"k\":\"b\"}", NULL), STORE_OK);
	assert_found(f, "c", NULL, "{\"k\":\"a\"}");
	assert_found(f, "fresh", NULL, "{\"k\":\"b\"}");
}

STORE_TEST(jobs_fail_with_the_rest_and_no_id_is_lost)
{
	struct fixture *f = *state;
	struct store_job_write first = grouped_job("q", "a");
	struct store_job_write fresh = new_job("fresh", "{}");
	struct store_job_write settle = settled(1, 1, JOB_DONE);
	(void)enqueue(f, first);
	(void)enqueue(f, first);
	limit_files(4096);
	assert_int_equal(commit_job(f, &fresh), STORE_FAILED);
	assert_int_equal(commit_job(f, &settle), STORE_FAILED);
	assert_jobs(f, "1 waiting, 2 blocked");
	limit_files(RLIM_INFINITY);
	assert_int_equal(commit_job(f, &fresh), STORE_OK);
	assert_int_equal(commit_job(f, &settle), STORE_OK);
	assert_jobs(f, "1 done, 2 waiting, 3 waiting");
	assert_due(f, "fresh", T0, "3");
}

static _Atomic int failed_count;

static void count_failed(struct store_txn *txn)
{
	failed_count += txn->result == STORE_FAILED;
}

STORE_TEST(every_transaction_of_the_batch_is_told)
{
	struct fixture *f = *state;
	static struct store_txn txns[1000];
	static char sids[1000][24];
	failed_count = 0;
	limit_files(4096);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(sids[i], sizeof(sids[i]), "SM%d", i);
		txns[i] = event_txn(sids[i], "r");
		txns[i].done = count_failed;
		assert_true(store_submit(f->store, &txns[i]));
	}
	store_flush(f->store);
	for (int i = 0; i < 10000 && failed_count < 1000; i++)
		(void)usleep(1000);
	assert_int_equal(failed_count, 1000);
	limit_files(RLIM_INFINITY);
	assert_int_equal(add_event(f, "SMafter", "r"), 1);
}

/* ---- a file system of its own, for which one must be root ---- */

static void mount_small(struct fixture *f)
{
	fixture_close(f);
	(void)mkdir(f->dir, 0700);
	if (getuid() != 0 ||
	    mount("tmpfs", f->dir, "tmpfs", 0, "size=1m,mode=0700") < 0) {
		fixture_open(f);
		skip();
	}
	fixture_open(f);
}

static void unmount(struct fixture *f)
{
	fixture_close(f);
	assert_int_equal(umount(f->dir), 0);
	fixture_open(f);
}

STORE_TEST(a_full_file_system_is_named_and_left)
{
	struct fixture *f = *state;
	char path[96], command[192];
	mount_small(f);
	(void)add_event(f, "SM1", "r");
	(void)snprintf(path, sizeof(path), "%s/filler", f->dir);
	(void)snprintf(
	    command, sizeof(command), "head -c 2M /dev/zero > %s 2>/dev/null", path);
	assert_int_not_equal(system(command), 0); /* head: no space left */
	enum store_result result = STORE_OK;
	for (int i = 0; i < 100 && result == STORE_OK; i++)
		result = try_event(f, "SMx");
	assert_int_equal(result, STORE_FAILED);
	assert_non_null(strstr(f->err.text, "the disk is full"));
	assert_int_equal(unlink(path), 0);
	wait_healthy(f);
	assert_int_equal(try_event(f, "SM2"), STORE_OK);
	unmount(f);
}

STORE_TEST(a_read_only_file_system_cannot_be_opened)
{
	struct fixture *f = *state;
	mount_small(f);
	fixture_close(f);
	assert_int_equal(mount(NULL, f->dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_int_equal(
	    store_open(&f->store, engines_for(f->dir), &f->config, &f->err), -1);
	assert_non_null(strstr(f->err.text, "ead-only"));
	assert_int_equal(mount(NULL, f->dir, NULL, MS_REMOUNT, NULL), 0);
	fixture_open(f);
	unmount(f);
}
