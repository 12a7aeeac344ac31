/* test -- cmocka, and what each test program would otherwise repeat around it.
 *
 *	TEST(a_sentence_that_can_be_false)
 *	{
 *		assert_int_equal(1 + 1, 2);
 *	}
 *
 * TEST defines a test and adds it to the program; they run in the order of their lines.
 * Inside, `state` is cmocka's. The program's main is the library's (test_main.c), unless
 * it has one of its own, which then calls test_run. */
#ifndef OFFHOOK_TESTS_TEST_H
#define OFFHOOK_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST(name) TEST_WITH(name, NULL, NULL)

/* One with cmocka's set-up and tear-down functions; NULL: none. */
#define TEST_WITH(name, setup, teardown)                                               \
	static void name(void **state);                                                \
	TEST_ADD(name, #name, setup, teardown)                                         \
	static void name(void **state __attribute__((unused)))

/* Adds a function once more, under another name: the same test in another setting. */
#define TEST_ADD(name, label, setup, teardown)                                         \
	__attribute__((constructor)) static void TEST_JOIN(name##_, __COUNTER__)(void) \
	{                                                                              \
		test_add(__LINE__, label, name, setup, teardown);                      \
	}

/* Functions for the whole program: before its first test, and after its last. */
#define TEST_GROUP(setup, teardown)                                                    \
	__attribute__((constructor)) static void test_group_(void)                     \
	{                                                                              \
		test_group(setup, teardown);                                           \
	}

#define TEST_JOIN(a, b)  TEST_JOIN_(a, b)
#define TEST_JOIN_(a, b) a##b

void test_add(int line, const char *label, CMUnitTestFunction run,
    CMFixtureFunction setup, CMFixtureFunction teardown);
void test_group(CMFixtureFunction setup, CMFixtureFunction teardown);
/* Runs all of them; how many failed. */
int test_run(void);

#endif
