#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dev/diagnostics.h"

static char *show(const char *said, struct diagnostics_count *count)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	*count = diagnostics_show(out, (struct span){said, strlen(said)}, false);
	assert_int_equal(fclose(out), 0);
	return text;
}

TEST(errors_come_with_their_lines_and_warnings_are_counted)
{
	static const char said[] =
	    "In file included from app.c:2:\n"
	    "app.c: In function 'on_sms':\n"
	    "app.c:7:9: warning: unused variable 'x' [-Wunused-variable]\n"
	    "    7 |     int x;\n"
	    "      |         ^\n"
	    "app.c:9:24: error: expected ';' before 'return'\n"
	    "    9 |     oh_message(reply)\n"
	    "      |                      ^\n"
	    "/usr/include/offhook_twiml.h:80:3: note: in expansion of macro 'OH_X'\n"
	    "   80 |     OH_X(reply)\n"
	    "app.c:12:1: error: another\n"
	    "app.h:3:1: note: declared here\n";
	struct diagnostics_count count;
	char *text = show(said, &count);
	assert_int_equal(count.errors, 2);
	assert_int_equal(count.warnings, 1);
	assert_string_equal(text, "app.c:9: error: expected ';' before 'return'\n"
				  "    9 |     oh_message(reply)\n"
				  "      |                      ^\n"
				  "app.c:12: error: another\n"
				  "app.h:3: note: declared here\n");
	free(text);
}

TEST(clang_and_fatal_errors_are_understood)
{
	struct diagnostics_count count;
	char *text = show("app.c:1:10: fatal error: 'offhook.h' file not found\n"
			  "#include <offhook.h>\n"
			  "         ^~~~~~~~~~~\n"
			  "1 error generated.\n",
	    &count);
	assert_int_equal(count.errors, 1);
	assert_non_null(strstr(text, "app.c:1: error: 'offhook.h' file not found\n"));
	free(text);
}

TEST(what_it_does_not_understand_is_shown_whole)
{
	static const char said[] = "/usr/bin/ld: app.o: in function `main':\n"
				   "app.c:9: undefined reference to `on_sms'\n"
				   "collect2: error: ld returned 1 exit status\n";
	struct diagnostics_count count;
	char *text = show(said, &count);
	assert_int_equal(count.errors, 0);
	assert_string_equal(text, said);
	free(text);
}

TEST(many_errors_are_cut_and_counted)
{
	char said[2000] = "";
	struct diagnostics_count count;
	for (int i = 1; i <= 20; i++)
		(void)snprintf(said + strlen(said), sizeof(said) - strlen(said),
		    "app.c:%d:1: error: wrong\n", i);
	char *text = show(said, &count);
	assert_int_equal(count.errors, 20);
	assert_non_null(strstr(text, "app.c:8:"));
	assert_null(strstr(text, "app.c:9:"));
	assert_non_null(strstr(text, "… and 12 more\n"));
	free(text);
}

TEST(bytes_that_could_move_the_cursor_are_not_printed)
{
	struct diagnostics_count count;
	char *text = show("app.c:1:1: error: \033[2J\n", &count);
	assert_null(strchr(text, '\033'));
	free(text);
}
