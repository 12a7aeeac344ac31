/* Wild writes: what a handler or worker can write to, the server does not believe. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
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
