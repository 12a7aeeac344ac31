#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "cli/dev_watch.h"

/* What somebody does in a shell, and whether a source was saved. */
static void a_source_saved_in_any_way_is_seen_and_nothing_else(void **state)
{
	static const struct {
		const char *does;
		bool want;
	} rows[] = {
	    {"echo 1 > app.c",                              true },
	    {"echo 2 > .app.swp; mv .app.swp app.c",        true },
	    {"echo 1 > app.h",                              true },
	    {"echo 1 > Makefile",                           true },
	    {"echo 1 > sub/part.c",                         true },
	    {"mkdir -p later",                              false},
	    {"echo 1 > later/part.c",                       true },
	    {"echo 1 > app; echo 1 > app.o; echo > app.c~", false},
	    {"echo 1 > .hidden.c",                          false},
	    {"echo 1 > .offhook-dev/app.c",                 false},
	    {"cat app.c >/dev/null",                        false},
	};

	char dir[] = "/tmp/offhook-test-XXXXXX";
	struct error err;
	(void)state;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_source_saved_in_any_way_is_seen_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
