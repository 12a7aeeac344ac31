/* offhook create: what it writes builds, and passes its own test, as it is. */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/text.h"

static int create(struct buf *out, const char *path)
{
	struct buf err = {0};
	int code = talk_run(out, &err, (const char *[]){"create", path, NULL});
	if (code != 0)
		buf_puts(out, buf_text(&err));
	buf_free(&err);
	return code;
}

static int shell(const char *dir, const char *command)
{
	struct buf line = {0};
	(void)setenv("PKG_CONFIG_PATH", PKGCONFIG_DIR, 1);
	(void)setenv("CC", C_COMPILER, 1);
	buf_printf(&line, "cd %s && { %s; } >output 2>&1", dir, command);
	int code = system(buf_text(&line));
	if (code != 0) {
		buf_clear(&line);
		buf_printf(&line, "cat %s/output >&2", dir);
		(void)!system(buf_text(&line));
	}
	buf_free(&line);
	return code;
}

static void remove_tree(const char *dir)
{
	char command[200];
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

TEST(a_new_project_builds_and_passes_its_test)
{
	char dir[] = "/tmp/offhook-test-XXXXXX";
	char path[64];
	struct buf out = {0};
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/my-app", dir);
	assert_int_equal(create(&out, path), 0);
	assert_non_null(strstr(buf_text(&out), "offhook dev"));
	assert_non_null(strstr(buf_text(&out), "offhook send sms"));
	assert_int_equal(shell(path, "make CFLAGS='-Wall -Wextra -Werror'"), 0);
	assert_int_equal(shell(path, "make test"), 0);
	assert_int_equal(shell(path, "grep -q 'my-app' app.c README.md && "
				     "! grep -r '{{' . --include='*.*'"),
	    0);
	assert_int_equal(shell(path, "test -f .gitignore && test -f .env.example"), 0);
	buf_free(&out);
	remove_tree(dir);
}

TEST(create_writes_over_nothing)
{
	char dir[] = "/tmp/offhook-test-XXXXXX";
	struct buf out = {0};
	struct stat status;
	assert_non_null(mkdtemp(dir));
	char path[64];
	(void)snprintf(path, sizeof(path), "%s/app", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(create(&out, path), 1);
	assert_non_null(strstr(buf_text(&out), "there already"));
	(void)snprintf(path, sizeof(path), "%s/app/app.c", dir);
	assert_int_equal(stat(path, &status), -1);
	buf_free(&out);
	remove_tree(dir);
}

TEST(create_refuses_names_that_would_break_its_files)
{
	static const char *const names[] = {"/tmp/offhook-never/a b",
	    "/tmp/offhook-never/\"", "/tmp/offhook-never/1", "/tmp/offhook-never/$(x)",
	    "/tmp/offhook-never/", NULL};
	for (int i = 0; names[i] != NULL; i++) {
		struct buf out = {0};
		if (create(&out, names[i]) != 2)
			fail_msg("%s was taken", names[i]);
		buf_free(&out);
	}
}
