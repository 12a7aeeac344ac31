#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/dotenv.h"
#include "util/buf.h"

TEST(lines_are_variables_unless_they_are_not)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"A=1\nB=2", "A:1;B:2;"},
	    {"A = 1 \r\n", "A:1;"},
	    {"export A=1\n", "A:1;"},
	    {"A=\"1 2\"\nB='x'\n", "A:1 2;B:x;"},
	    {"A=\"\n", "A:\";"},
	    {"# A=1\n\n  #B=2\n", ""},
	    {"A\n=1\n", ""},
	    {"A=\n", "A:;"},
	    {"A=b=c#d\n", "A:b=c#d;"},
	    {"A=$B\n", "A:$B;"},
	    {"A=1 # from the Console\nB=2\t#x\nC= # nothing\n", "A:1;B:2;C:;"},
	    {"A=\"1 # 2\" # 3\nB=`x`\nC='1'2\n", "A:1 # 2;B:x;C:'1'2;"},
	    {"A=\"1\"2\" #3\"\n", "A:1\"2;"},
	    {"", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf got = {0};
		struct span text = span_of(rows[i].text);
		struct span name, value;
		while (dotenv_next(&text, &name, &value))
			buf_printf(&got, "%.*s:%.*s;", SPAN_ARG(name), SPAN_ARG(value));
		assert_string_equal(buf_text(&got), rows[i].want);
		buf_free(&got);
	}
}

TEST(the_environment_comes_before_the_file)
{
	char home[] = "HOME=/h";
	char old[] = "A=old";
	char longer[] = "AB=1";
	char *const before[] = {home, old, longer, NULL};
	static const char *const want[] = {
	    "HOME=/h", "A=old", "AB=1", "B=new", "ABC=2", NULL};
	char dir[] = "/tmp/offhook-test-XXXXXX";
	char path[64];
	struct arena *arena = arena_new();
	size_t i;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/.env", dir);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("A=new\nB=new\nEMPTY=\nABC=2\nB=again\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	char **got = dotenv_environment(before, dir, arena);
	for (i = 0; want[i] != NULL && got[i] != NULL; i++)
		assert_string_equal(got[i], want[i]);
	assert_null(want[i]);
	assert_null(got[i]);
	assert_int_equal(unlink(path), 0);
	got = dotenv_environment(before, dir, arena);
	assert_string_equal(got[2], "AB=1");
	assert_null(got[3]);
	assert_int_equal(rmdir(dir), 0);
	arena_free(arena);
}
