#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "dev/dev_watch.h"

/* What somebody does in a shell, and what was saved. */
TEST(a_source_or_setting_saved_in_any_way_is_seen_and_nothing_else)
{
	static const struct {
		const char *does;
		unsigned want;
	} rows[] = {
	    {"echo 1 > app.c", DEV_SAVED_SOURCE},
	    {"echo 2 > .app.swp; mv .app.swp app.c", DEV_SAVED_SOURCE},
	    {"echo 1 > app.h", DEV_SAVED_SOURCE},
	    {"echo 1 > Makefile", DEV_SAVED_SOURCE},
	    {"echo 1 > sub/part.c", DEV_SAVED_SOURCE},
	    {"mkdir -p later", 0},
	    {"echo 1 > later/part.c", DEV_SAVED_SOURCE},
	    {"echo 1 > app; echo 1 > app.o; echo > app.c~", 0},
	    {"echo 1 > .hidden.c", 0},
	    {"echo 1 > .offhook-dev/app.c", 0},
	    {"echo A=1 > .env", DEV_SAVED_SETTINGS},
	    {"echo 1 > new; mv new offhook.conf", DEV_SAVED_SETTINGS},
	    {"echo 1 > .env; echo 1 > app.c", DEV_SAVED_SOURCE | DEV_SAVED_SETTINGS},
	    {"echo 1 > x.env; echo 1 > .offhook.conf; echo 1 > conf", 0},
	    {"cat app.c >/dev/null", 0},
	};

	char dir[] = "/tmp/offhook-test-XXXXXX";
	struct error err;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(system("mkdir sub .offhook-dev"), 0);
	int fd = dev_watch_open(&err);
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(system(rows[i].does), 0);
		if (dev_watch_settle(fd) != rows[i].want)
			fail_msg("%s", rows[i].does);
	}
	(void)close(fd);
	assert_int_equal(chdir("/"), 0);
	(void)setenv("DIR", dir, 1);
	assert_int_equal(system("rm -rf \"$DIR\""), 0);
}
