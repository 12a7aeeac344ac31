#include "test.h"

#include <stdlib.h>
#include <string.h>

enum { TESTS_MAX = 200 };

static struct CMUnitTest tests[TESTS_MAX];
static int lines[TESTS_MAX];
static size_t count;
static CMFixtureFunction group_setup, group_teardown;

/* A compiler may run constructors in any order. */
void test_add(int line, const char *label, CMUnitTestFunction run,
    CMFixtureFunction setup, CMFixtureFunction teardown)
{
	size_t at = count++;
	if (count > TESTS_MAX)
		abort();
	for (; at > 0 && lines[at - 1] > line; at--) {
		tests[at] = tests[at - 1];
		lines[at] = lines[at - 1];
	}
	lines[at] = line;
	tests[at] = (struct CMUnitTest){label, run, setup, teardown, NULL};
}

void test_group(CMFixtureFunction setup, CMFixtureFunction teardown)
{
	group_setup = setup;
	group_teardown = teardown;
}

int test_run(void)
{
	return _cmocka_run_group_tests(
	    "tests", tests, count, group_setup, group_teardown);
}
