/* Wild writes: what a handler or worker can write to, the server does not believe. */
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conversation.h"

static int number;

/* One message of that body; each time another one. */
static void expect(const struct talk *talk, const char *body, const char *text)
{
	char form[160];
	(void)snprintf(form, sizeof(form),
	    "MessageSid=SM%032x&From=%%2B1555%04d&To=%%2B1999&Body=%s", number, number,
	    body);
	number++;
	talk_expect_text(talk, "/sms", form, text);
}

/* All is stored, SQLite finds nothing wrong, and a repeat is a repeat. */
static void expect_whole(const struct talk *talk)
{
	char path[128];
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	(void)snprintf(path, sizeof(path), "%s/offhook.db", talk->data);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "ok");
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	json_t *events = talk_events(talk);
	assert_int_equal(json_array_size(events), number);
	json_decref(events);
}

/* It answers, stores, and goes on after a restart. */
static void expect_well(struct talk *talk)
{
	for (int i = 0; i < 40; i++)
		expect(talk, "hello", "<Message>well behaved<");
	expect_whole(talk);
	talk_stop(talk);
	expect_whole(talk);
	talk_again(talk);
	expect(talk, "hello", "<Message>well behaved<");
	talk_kill(talk);
	talk_again(talk);
	expect(talk, "hello", "<Message>well behaved<");
	expect_whole(talk);
}

/* faults 4.1 */
TEST(a_handler_shares_nothing_but_its_frames_and_has_no_file_to_write_to)
{
	struct talk talk;
	number = 0;
	talk_start_program(&talk, APPS_DIR "/scribbler", NULL);
	expect(&talk, "hello", "<Message>well behaved<");
	for (int i = 0; i < 12; i++)
		expect(&talk, "scribble", "<Message>0 mappings, 0 files<");
	expect_well(&talk);
	talk_end(&talk);
}

/* faults 4.1 */
TEST(a_handler_that_writes_over_its_frames_costs_its_event_only)
{
	struct talk talk;
	number = 0;
	talk_start_program(&talk, APPS_DIR "/scribbler", NULL);
	for (int i = 0; i < 4; i++) {
		expect(&talk, "frames", "<Message>Try later<");
		expect(&talk, "sockets", "<Message>");
		expect(&talk, "hello", "<Message>well behaved<");
	}
	expect_well(&talk);
	talk_end(&talk);
}

/* faults 4.1: a worker notes in a shared file that an attempt has begun. */
TEST(a_worker_that_writes_over_all_it_shares_costs_nothing)
{
	struct talk talk;
	number = 0;
	talk_start_program(&talk, APPS_DIR "/scribbler", NULL);
	for (int i = 0; i < 12; i++)
		expect(&talk, "work", "<Message>well behaved<");
	while (talk_count(&talk, "done", "{\"what\": \"1 mappings, 0 files\"}") < 12)
		(void)usleep(20000);
	expect_well(&talk);
	talk_end(&talk);
}

/* The head of the log's index stands in it twice; who finds two that differ has met a
 * commit. https://www.sqlite.org/walformat.html */
enum { HEAD = 48, HALF_US = 200000 };

struct half {
	unsigned char *index;
	unsigned char kept[HEAD];
};

static void *finish_commit(void *ctx)
{
	struct half *half = ctx;
	(void)usleep(HALF_US);
	memcpy(half->index, half->kept, HEAD);
	return NULL;
}

/* faults 4.1: who may not write the index cannot lock the owner out, and waits for it */
TEST(a_reader_waits_for_an_owner_in_the_midst_of_a_commit)
{
	static const char *const words[] = {"events", "--json", NULL};
	struct talk talk;
	struct half half;
	struct buf out = {0}, err = {0};
	char path[128];
	pthread_t thread;
	number = 0;
	talk_start_program(&talk, APPS_DIR "/scribbler", NULL);
	expect(&talk, "hello", "<Message>well behaved<");
	(void)snprintf(path, sizeof(path), "%s/offhook.db-shm", talk.data);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	half.index = mmap(NULL, HEAD, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(half.index, MAP_FAILED);
	memcpy(half.kept, half.index, HEAD);
	half.index[HEAD - 1] ^= 1;
	assert_int_equal(pthread_create(&thread, NULL, finish_commit, &half), 0);
	(void)setenv("OFFHOOK_DATA", talk.data, 1);
	int code = talk_run(&out, &err, words);
	(void)unsetenv("OFFHOOK_DATA");
	assert_int_equal(pthread_join(thread, NULL), 0);
	if (code != 0 || strstr(buf_text(&out), "sms.received") == NULL)
		fail_msg("exit %d: %s", code, buf_text(&err));
	buf_free(&out);
	buf_free(&err);
	(void)munmap(half.index, HEAD);
	(void)close(fd);
	talk_end(&talk);
}
