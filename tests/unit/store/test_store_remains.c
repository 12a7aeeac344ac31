/* What is left of a store is refused with words that help, and stays as it is; only where
 * nothing is left a new store is made, whole or not at all. */
#include "store_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* A shell command, in which D is the directory. */
static void in_shell(const struct fixture *f, const char *command)
{
	char line[600];
	(void)snprintf(line, sizeof(line), "D=%s; %s", f->dir, command);
	if (system(line) != 0)
		fail_msg("%s", line);
}

/* A store of some hundred pages; killed, its log has some of them. */
static void make_store(struct fixture *f, bool killed)
{
	in_shell(f, "rm -rf $D");
	pid_t pid = fork();
	if (pid == 0) {
		f->config.wal_limit_bytes = 100 << 10;
		fixture_open(f);
		for (int i = 0; i < 30; i++) {
			char sid[24];
			static char reply[30000];
			memset(reply, 'r', sizeof(reply) - 1);
			(void)snprintf(sid, sizeof(sid), "SM%d", i);
			(void)add_event(f, sid, reply);
		}
		if (killed)
			(void)kill(getpid(), SIGKILL);
		fixture_close(f);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WIFSIGNALED(status), killed);
}

/* How the server ended; and whether a reader notices nothing, because it does not look at
 * what lies below the log. */
enum { CLOSED = 0, KILLED = 1, READ = 2 };

static const struct {
	int how;
	const char *damage; /* a shell command */
	const char *words;  /* of the error */
} rows[] = {
    {CLOSED, ": > $D/offhook.db", "offhook.db is empty (0 bytes)"},
    {KILLED, ": > $D/offhook.db", "offhook.db is empty (0 bytes)"},
    {KILLED, "rm $D/offhook.db", "offhook.db is missing, but its log"},
    {KILLED, "rm $D/offhook.db; ln -s nowhere $D/offhook.db", "is a link"},
    {CLOSED, "mv $D/offhook.db $D/x; ln -s x $D/offhook.db", "is a link"},
    {CLOSED, "rm $D/offhook.db; mkdir $D/offhook.db", "is not a file"},
    {CLOSED, "rm $D/offhook.db; mkfifo $D/offhook.db", "is not a file"},
    {CLOSED, "yes rubbish | head -c 20000 > $D/offhook.db", "not an SQLite database"},
    {KILLED | READ, "yes rubbish | head -c 20000 > $D/offhook.db", "not an SQLite"},
    {CLOSED, "echo > $D/offhook.db", "not an SQLite database"},
    {CLOSED, "head -c 4096 /dev/zero > $D/offhook.db", "not an SQLite database"},
    {CLOSED, "truncate -s 50 $D/offhook.db", ""},
    {CLOSED, "truncate -s 4096 $D/offhook.db", "damaged"},
    {CLOSED, "truncate -s -4096 $D/offhook.db", "damaged"},
    {READ, "truncate -s -1 $D/offhook.db", "is cut off"},
    {KILLED | READ, "truncate -s 40960 $D/offhook.db",
	"offhook.db is cut off: it has 40960 of"},
    {KILLED | READ, "truncate -s 300000 $D/offhook.db", "offhook.db is cut off"},
    {CLOSED, "rm $D/offhook.db*; sqlite3 $D/offhook.db 'VACUUM'", "has no store in it"},
    {CLOSED, "rm $D/offhook.db*; sqlite3 $D/offhook.db 'CREATE TABLE t(x)'",
	"has no store in it"},
    {CLOSED,
	"rm $D/offhook.db*; sqlite3 $D/offhook.db "
	"'CREATE TABLE meta(name, value); PRAGMA user_version = 4'",
	"has no store in it"},
};

static void assert_refused(struct fixture *f, size_t i)
{
	f->err.text[0] = '\0';
	int rc = store_open(&f->store, engines_for(f->dir), &f->config, &f->err);
	if (rc == 0 || strstr(f->err.text, rows[i].words) == NULL ||
	    strstr(f->err.text, f->dir) == NULL)
		fail_msg("%s: %s", rows[i].damage, f->err.text);
}

/* faults 4.5: what a failed restore may leave */
STORE_TEST(what_is_left_of_a_store_is_refused)
{
	struct fixture *f = *state;
	fixture_close(f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_reader *reader = NULL;
		make_store(f, (rows[i].how & KILLED) != 0);
		in_shell(f, rows[i].damage);
		in_shell(f, "rm -f $D/lock; cp -a $D $D.before");
		if ((rows[i].how & READ) == 0 &&
		    store_reader_open(&reader, engines_for(f->dir), f->dir, &f->err) ==
			0)
			fail_msg("%s: is read", rows[i].damage);
		assert_refused(f, i);
		assert_refused(f, i);
		in_shell(f,
		    "rm -f $D/lock $D/offhook.db-shm $D.before/offhook.db-shm; "
		    "test -p $D/offhook.db || diff -r --no-dereference $D $D.before");
		in_shell(f, "rm -rf $D.before");
	}
	in_shell(f, "rm -rf $D");
	f->config.wal_limit_bytes = 0;
	fixture_open(f);
}

/* faults 4.5: a killed store is not refused */
STORE_TEST(a_killed_store_is_whole)
{
	struct fixture *f = *state;
	fixture_close(f);
	make_store(f, true);
	fixture_open(f);
	assert_int_equal(add_event(f, "SMnext", "r"), 31);
}

/* faults 4.5: a maker that died, or found no room */
STORE_TEST(a_store_that_was_never_finished_is_made_anew)
{
	struct fixture *f = *state;
	struct rlimit limit;
	fixture_close(f);
	in_shell(f, "rm -rf $D; mkdir $D; echo rubbish > $D/offhook.db.new; "
		    "touch $D/offhook.db-wal");
	fixture_open(f);
	(void)add_event(f, "SM1", "r");
	fixture_close(f);
	in_shell(f, "test ! -e $D/offhook.db.new; rm -rf $D");
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	rlim_t usual = limit.rlim_cur;
	limit.rlim_cur = 8192;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(
	    store_open(&f->store, engines_for(f->dir), &f->config, &f->err), -1);
	limit.rlim_cur = usual;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	in_shell(f, "test -z \"$(ls $D/offhook.db* 2>/dev/null)\"");
	fixture_open(f);
	(void)add_event(f, "SM1", "r");
}
