/* A damaged store: the server says where, and does not start. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "conversation.h"

static void damage(const struct talk *talk, const char *sql)
{
	char path[128];
	char *message = NULL;
	sqlite3 *db = NULL;
	(void)snprintf(path, sizeof(path), "%s/offhook.db", talk->data);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	assert_true(sqlite3_changes(db) > 0);
	(void)sqlite3_close(db);
}

/* faults 4.4, 4.4b */
TEST(a_damaged_store_is_refused_at_start_and_the_place_is_said)
{
	static const struct {
		const char *sql, *mend, *said;
	} cases[] = {
	    {"UPDATE key_log SET entries = substr(entries, 1, 5) || x'7a' ||"
	     " substr(entries, 7) WHERE number = 2",
		"UPDATE key_log SET sum = NULL WHERE number = 2",
		"the store is damaged: row 2 of key_log is not what was written"},
	    {"UPDATE meta SET value = 0 WHERE name = 'next_row'",
		"UPDATE meta SET value = 1000000 WHERE name = 'next_row'",
		"the store is damaged: next_row of meta cannot be 0"},
	    {"INSERT INTO key_segments (id, level, count, first, log_end)"
	     " VALUES (1, 0, -1, 1, 0)",
		"DELETE FROM key_segments",
		"the store is damaged: row 1 of key_segments"},
	};
	struct talk talk;
	talk_start(&talk, NULL);
	for (int i = 0; i < 4; i++) {
		char form[120];
		(void)snprintf(form, sizeof(form),
		    "MessageSid=SM%032x&From=%%2B15551&To=%%2B15559&Body=hi", i);
		talk_expect(&talk, "/twilio/sms", form, 200);
	}
	talk_stop(&talk);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf said = {0};
		const char *const words[] = {
		    "serve", "--listen", "127.0.0.1:0", "--data", talk.data, NULL};
		damage(&talk, cases[i].sql);
		assert_int_equal(talk_run(NULL, &said, words), 1);
		if (strstr(buf_text(&said), cases[i].said) == NULL)
			fail_msg("%s", buf_text(&said));
		damage(&talk, cases[i].mend);
		buf_free(&said);
	}
	talk_again(&talk);
	talk_end(&talk);
}
