/* The files that are open are missed when something else, or nothing, is in their place. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite/files.h"

/* A shell command, in which D is the directory. */
static void in_shell(const char *dir, const char *command)
{
	char line[400];
	(void)snprintf(line, sizeof(line), "D=%s; %s", dir, command);
	assert_int_equal(system(line), 0);
}

/* `words`: of the error; NULL: all is well. */
static const struct {
	const char *away, *back, *words;
} rows[] = {
    {"touch $D/other", "rm $D/other", NULL},
    {"chmod 500 $D; echo more >> $D/offhook.db-wal", "chmod 700 $D", NULL},
    {"mv $D $D.x", "mv $D.x $D", "/data is gone"},
    {"mv $D $D.x; touch $D", "rm $D; mv $D.x $D", "/data is not the one"},
    {"mv $D $D.x; mkdir $D", "rmdir $D; mv $D.x $D", "/data is not the one"},
    {"cp -r $D $D.c; mv $D $D.x; mv $D.c $D", "rm -r $D; mv $D.x $D",
	"/data is not the one"},
    {"mv $D $D.x; ln -s nowhere $D", "rm $D; mv $D.x $D", "/data is gone"},
    {"mv $D $D.x; ln -s $D $D", "rm $D; mv $D.x $D", "/data cannot be reached"},
    {"mv $D $D.x; ln -s $D.x $D", "rm $D; mv $D.x $D", NULL},
    {"mv ${D%/*} ${D%/*}.x", "mv ${D%/*}.x ${D%/*}", "/data is gone"},
    {"mv $D/offhook.db $D/x", "mv $D/x $D/offhook.db", "/offhook.db is gone"},
    {"cp $D/offhook.db $D/x; ln $D/offhook.db $D/y; mv $D/x $D/offhook.db",
	"mv $D/y $D/offhook.db", "/offhook.db is not the one"},
    {": > $D/offhook.db", "echo rows > $D/offhook.db",
	"/offhook.db has become smaller"},
    {"echo more >> $D/offhook.db", "true", NULL},
    {"mv $D/offhook.db-wal $D/x", "mv $D/x $D/offhook.db-wal", "-wal is gone"},
    {"mv $D/offhook.db-shm $D/x; touch $D/offhook.db-shm", "mv $D/x $D/offhook.db-shm",
	"-shm is not the one"},
    {"mv $D/lock $D/x", "mv $D/x $D/lock", "/lock is gone"},
    {"rm $D/lock", "true", "/lock is gone"},
};

/* faults 4.3: each way to move them */
TEST(a_file_that_is_not_the_open_one_is_missed)
{
	char parent[] = "/tmp/offhook-test-XXXXXX";
	char dir[64];
	struct files files = {0};
	struct error err;
	assert_non_null(mkdtemp(parent));
	(void)snprintf(dir, sizeof(dir), "%s/p/data", parent);
	in_shell(dir, "mkdir -p $D; touch $D/offhook.db-wal $D/offhook.db-shm $D/lock; "
		      "echo rows > $D/offhook.db");
	assert_int_equal(files_note(&files, dir, &err), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err.text[0] = '\0';
		assert_int_equal(files_check(&files, &err), 0);
		in_shell(dir, rows[i].away);
		int rc = files_check(&files, &err);
		if (rc != (rows[i].words == NULL ? 0 : -1) ||
		    (rc < 0 && strstr(err.text, rows[i].words) == NULL))
			fail_msg("%s: %s", rows[i].away, err.text);
		in_shell(dir, rows[i].back);
	}
	files_clear(&files);
	in_shell(parent, "rm -rf $D");
}
