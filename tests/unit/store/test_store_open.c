/* Opening: one owner at a time, private files, versions; and readers of every kind,
 * which leave nothing behind. */
#include "engines/engines.h"
#include "store_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
	char command[512];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	assert_int_equal(system(command), 0);
}

/* Runs SQL on the file, with the store closed. */
static void sql(const struct fixture *f, const char *text)
{
	char path[96];
	sqlite3 *db = NULL;
	(void)snprintf(path, sizeof(path), "%s/offhook.db", f->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

STORE_TEST(a_second_owner_is_told_who_has_it)
{
	struct fixture *f = *state;
	struct store *second = NULL;
	char who[64];
	assert_int_equal(
	    store_open(&second, engines_for(f->dir), &f->config, &f->err), -1);
	(void)snprintf(who, sizeof(who), "in use by process %ld", (long)getpid());
	assert_non_null(strstr(f->err.text, who));
	fixture_reopen(f);
}

STORE_TEST(files_are_the_owners_alone)
{
	struct fixture *f = *state;
	static const char *const files[] = {
	    "/offhook.db", "/offhook.db-wal", "/offhook.db-shm", "/lock"};
	struct stat st;
	fixture_close(f);
	shell("rm -rf %s", f->dir);
	mode_t mask = umask(0);
	fixture_open(f);
	(void)add_event(f, "SM1", "r");
	(void)umask(mask);
	assert_int_equal(stat(f->dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[96];
		(void)snprintf(path, sizeof(path), "%s%s", f->dir, files[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

STORE_TEST(a_newer_store_is_refused_unless_it_can_be_read)
{
	struct fixture *f = *state;
	struct store_reader *reader = NULL;
	fixture_close(f);
	sql(f, "PRAGMA user_version = 99;"
	       "UPDATE meta SET value = '99.1.0' WHERE name = 'readable_from';"
	       "UPDATE meta SET value = '99.2.0' WHERE name = 'written_by';");
	assert_int_equal(
	    store_open(&f->store, engines_for(f->dir), &f->config, &f->err), -1);
	assert_non_null(strstr(f->err.text, "99.2.0"));
	assert_non_null(strstr(f->err.text, "99.1.0"));
	assert_non_null(strstr(f->err.text, "this is offhook " OFFHOOK_VERSION));
	assert_int_equal(
	    store_reader_open(&reader, engines_for(f->dir), f->dir, &f->err), -1);
	sql(f, "UPDATE meta SET value = '0.0.9' WHERE name = 'readable_from';");
	fixture_open(f);
	(void)add_event(f, "SM1", "r");
}

STORE_TEST(an_older_store_is_brought_up_to_date_by_its_owner)
{
	struct fixture *f = *state;
	struct store_reader *reader = NULL;
	(void)add_event(f, "SM1", "r");
	fixture_close(f);
	sql(f, "ALTER TABLE event DROP COLUMN request;"
	       "ALTER TABLE key_log DROP COLUMN sum;"
	       "ALTER TABLE key_segments DROP COLUMN sum;"
	       "ALTER TABLE key_filters DROP COLUMN sum;"
	       "DROP TABLE key_sums; PRAGMA user_version = 2;");
	assert_int_equal(
	    store_reader_open(&reader, engines_for(f->dir), f->dir, &f->err), -1);
	assert_non_null(strstr(f->err.text, "older"));
	fixture_open(f);
	(void)add_event(f, "SM2", "r");
	assert_int_equal(
	    store_reader_open(&reader, engines_for(f->dir), f->dir, &f->err), 0);
	store_reader_close(reader);
}

/* ---- readers ---- */

static int list_dir(const char *dir, char *out, size_t size)
{
	char command[128];
	(void)snprintf(command, sizeof(command), "ls -ln %s", dir);
	FILE *in = popen(command, "r");
	size_t len = fread(out, 1, size - 1, in);
	out[len] = '\0';
	return pclose(in);
}

static int read_all(const char *dir, char *line, struct error *err)
{
	struct store_reader *reader = NULL;
	struct store_event_query all = {0};
	if (store_reader_open(&reader, engines_for(dir), dir, err) < 0)
		return -1;
	int rc = list_events(reader, &all, line, err);
	store_reader_close(reader);
	return rc;
}

/* Reads, and sees that the directory looks as before. */
static void assert_reads(struct fixture *f, const char *dir, const char *want)
{
	char before[1024], after[1024], line[4096] = "";
	(void)list_dir(dir, before, sizeof(before));
	if (read_all(dir, line, &f->err) < 0)
		fail_msg("%s", f->err.text);
	assert_string_equal(line, want);
	(void)list_dir(dir, after, sizeof(after));
	assert_string_equal(after, before);
}

/* A store whose owner is killed, with everything still in the log. */
static void make_killed(struct fixture *f)
{
	fixture_close(f);
	shell("rm -rf %s", f->dir);
	pid_t pid = fork();
	if (pid == 0) {
		fixture_open(f);
		(void)add_event(f, "SM1", "r");
		(void)add_event(f, "SM2", "r");
		(void)kill(getpid(), SIGKILL);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

STORE_TEST(where_no_store_is_a_reader_says_so)
{
	struct fixture *f = *state;
	struct store_reader *reader = NULL;
	assert_int_equal(store_reader_open(&reader, engines_for("/nonexistent"),
			     "/nonexistent", &f->err),
	    -1);
	assert_non_null(strstr(f->err.text, "no store in /nonexistent"));
}

STORE_TEST(a_reader_of_a_closed_store_leaves_nothing)
{
	struct fixture *f = *state;
	(void)add_event(f, "SM1", "r");
	fixture_close(f);
	assert_reads(f, f->dir, "1");
	fixture_open(f);
}

STORE_TEST(after_a_kill_everything_committed_is_read)
{
	struct fixture *f = *state;
	make_killed(f);
	assert_reads(f, f->dir, "1 2");
	fixture_open(f);
	assert_int_equal(add_event(f, "SM3", "r"), 3);
	assert_reads(f, f->dir, "1 2 3");
}

STORE_TEST(a_copied_database_is_read_without_making_files)
{
	struct fixture *f = *state;
	char copy[96];
	(void)snprintf(copy, sizeof(copy), "%s/copy", f->parent);
	(void)add_event(f, "SM1", "r");
	fixture_close(f);
	shell("mkdir %s; cp %s/offhook.db %s/", copy, f->dir, copy);
	assert_reads(f, copy, "1");
	/* With its log, but without the log's index. */
	make_killed(f);
	shell("cp %s/offhook.db %s/offhook.db-wal %s/", f->dir, f->dir, copy);
	assert_reads(f, copy, "1 2");
	assert_reads(f, copy, "1 2");
	fixture_open(f);
}

/* As another user, who may read but not write. */
static void assert_nobody_reads(struct fixture *f, const char *want)
{
	pid_t pid = fork();
	if (pid == 0) {
		char line[4096] = "";
		struct error err;
		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(1);
		if (read_all(f->dir, line, &err) < 0) {
			(void)fprintf(stderr, "%s\n", err.text);
			_exit(2);
		}
		_exit(strcmp(line, want) == 0 ? 0 : 3);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

STORE_TEST(a_reader_needs_no_right_to_write)
{
	struct fixture *f = *state;
	char before[1024], after[1024];
	if (getuid() != 0)
		skip();
	make_killed(f);
	shell("chmod 755 %s %s; chmod 644 %s/*", f->dir, f->parent, f->dir);
	(void)list_dir(f->dir, before, sizeof(before));
	assert_nobody_reads(f, "1 2");
	(void)list_dir(f->dir, after, sizeof(after));
	assert_string_equal(before, after);
	fixture_open(f);
	(void)add_event(f, "SM3", "r");
	shell("chmod 755 %s; chmod 644 %s/*", f->dir, f->dir);
	assert_nobody_reads(f, "1 2 3");
	fixture_close(f);
	assert_nobody_reads(f, "1 2 3");
	fixture_open(f);
}

static int keep_text(void *ctx, int columns, char **values, char **names)
{
	(void)columns;
	(void)names;
	(void)strcpy(ctx, values[0]);
	return 0;
}

STORE_TEST(a_person_can_read_the_events_view)
{
	struct fixture *f = *state;
	char path[96], text[256] = "";
	sqlite3 *db = NULL;
	(void)add_event(f, "SM1", "<r/>");
	(void)snprintf(path, sizeof(path), "%s/offhook.db", f->dir);
	assert_int_equal(
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db,
		"SELECT id||' '||kind||' '||sid||' '||receivedAt||' '||state||' '"
		"||replyBody FROM events",
		keep_text, text, NULL),
	    SQLITE_OK);
	assert_string_equal(
	    text, "1 sms.received SM1 2023-11-14T22:13:20.123Z done <r/>");
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}
