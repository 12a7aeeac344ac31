/* The data directory is its owner's alone, or refused. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/data_dir.h"

static char parent[] = "/tmp/offhook-test-XXXXXX";
static char dir[64];

/* A shell command, in which D is the directory. */
static int in_shell(const char *command)
{
	char line[400];
	(void)snprintf(line, sizeof(line), "D=%s; %s", dir, command);
	return system(line);
}

static const struct {
	const char *before; /* a shell command */
	const char *words;  /* of the refusal; NULL: it is opened */
	const char *after;  /* a shell command that must succeed */
} rows[] = {
    {":", NULL, "test $(stat -c %a $D) = 700"},
    {"mkdir -m 777 $D", NULL, "test $(stat -c %a $D) = 700"},
    {"mkdir -m 750 $D; touch $D/offhook.db $D/mine; chmod 640 $D/*", NULL,
	"test $(stat -c %a $D/offhook.db) = 600 && test $(stat -c %a $D) = 700 && "
	"test $(stat -c %a $D/mine) = 640"},
    {"mkdir -m 701 $D", NULL, "test $(stat -c %a $D) = 700"},
    {"mkdir -m 500 $D; touch $D/lock; chmod 0 $D/lock", NULL,
	"test $(stat -c %a $D/lock) = 600 && test $(stat -c %a $D) = 700"},
    {"mkdir -m 700 $D; for f in offhook.db offhook.db-wal offhook.db-shm lock "
     "jobs.running control.sock; do touch $D/$f; chmod 666 $D/$f; done",
	NULL, "test -z \"$(find $D -perm /077)\""},
    {"mkdir -m 2770 $D", NULL, "test -z \"$(find $D -perm /077)\""},
    {"mkdir -m 755 $D.x; ln -s $D.x $D", NULL, "test $(stat -c %a $D.x) = 700"},
    {"mkdir -m 755 $D; touch $D/other", "is open to other users",
	"test $(stat -c %a $D) = 755"},
    {"mkdir -m 1777 $D; mkdir $D/lost+found", NULL,
	"test -z \"$(find $D -maxdepth 0 -perm /077)\""},
    {"mkdir -m 1777 $D; touch $D/offhook.db $D/other", "is open to other users",
	"test $(stat -c %a $D) = 1777"},
    {"mkdir -m 700 $D; touch $D/other", NULL, ":"},
    {"touch $D", "is not a directory", "test -f $D"},
    {"mkdir -m 700 $D; touch $D.x; ln -s $D.x $D/lock", "/lock is a link", ":"},
    {"mkdir -m 700 $D; ln -s nowhere $D/offhook.db-wal", "-wal is a link", ":"},
    {"mkdir -m 700 $D; chown 65534 $D", "belongs to another user (uid 65534", ":"},
    {"mkdir -m 777 $D; chown 65534 $D", "belongs to another user (uid 65534",
	"test $(stat -c %a $D) = 777"},
    {"mkdir -m 700 $D; touch $D/lock; chown 65534 $D/lock",
	"/lock belongs to another user", ":"},
};

/* faults 4.6: modes, owners, links */
TEST(the_directory_is_its_owners_alone_or_refused)
{
	const mode_t masks[] = {022, 0, 0777};
	assert_non_null(mkdtemp(parent));
	(void)snprintf(dir, sizeof(dir), "%s/data", parent);
	for (size_t i = 0; i < 3 * sizeof(rows) / sizeof(rows[0]); i++) {
		size_t row = i / 3;
		struct error err = {""};
		assert_int_equal(in_shell("rm -rf $D*"), 0);
		if (in_shell(rows[row].before) != 0)
			continue; /* only root gives files away */
		mode_t mask = umask(masks[i % 3]);
		int rc = data_dir_open(dir, &err);
		(void)umask(mask);
		if (rc != (rows[row].words == NULL ? 0 : -1) ||
		    (rc < 0 && strstr(err.text, rows[row].words) == NULL) ||
		    in_shell(rows[row].after) != 0)
			fail_msg("%s: %d %s", rows[row].before, rc, err.text);
	}
	assert_int_equal(in_shell("rm -rf ${D%/*}"), 0);
}
