/* offhook create: what it writes builds, and passes its own test, as it is. */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

/* Runs a command with only these programs, and gives what it printed. */
static int with_only(struct buf *out, const char *dir, const char *programs,
    const char *environment, const char *command)
{
	struct buf line = {0};
	char bytes[4096];
	size_t n;
	buf_printf(&line,
	    "cd %s && rm -rf bin && mkdir bin && for p in %s; do ln -s "
	    "$(command -v $p) bin/; done && env -i PATH=%s/bin HOME=/ %s timeout 30 "
	    "%s 2>&1",
	    dir, programs, dir, environment, command);
	/* NOLINTNEXTLINE(cert-env33-c): our own words, for the shell */
	FILE *pipe = popen(buf_text(&line), "r");
	assert_non_null(pipe);
	buf_clear(out);
	while ((n = fread(bytes, 1, sizeof(bytes), pipe)) > 0)
		buf_add(out, bytes, n);
	buf_free(&line);
	int status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* faults 5.15 */
TEST(what_a_machine_lacks_to_build_is_named_with_its_package)
{
	static const struct {
		const char *programs, *environment, *project, *says;
	} rows[] = {
	    {"timeout cp cc pkg-config", "", "made",
		"this machine lacks make; on Debian or Ubuntu: apt-get install -y make"},
	    {"timeout cp make cc", "", "made",
		"lacks pkg-config; on Debian or Ubuntu: apt-get install -y pkg-config"},
	    {"timeout cp cc", "", "bare", "apt-get install -y pkg-config"},
	    {"timeout cp pkg-config", "PKG_CONFIG_PATH=" PKGCONFIG_DIR, "bare",
		"lacks cc; on Debian or Ubuntu: apt-get install -y gcc libc6-dev"},
	    {"timeout cp pkg-config", "CC=clang-99 PKG_CONFIG_PATH=" PKGCONFIG_DIR,
		"bare", "lacks clang-99; "},
	    {"timeout cp cc make pkg-config", "PKG_CONFIG_LIBDIR=/nowhere", "made",
		"lacks offhook.pc; on Debian or Ubuntu: apt-get install -y "
		"liboffhook-dev (or set PKG_CONFIG_PATH"},
	    {"timeout cp cc pkg-config", "PKG_CONFIG_LIBDIR=/nowhere", "bare",
		"apt-get install -y liboffhook-dev"},
	    {"timeout cp sh", "PKG_CONFIG_LIBDIR=/nowhere", "none", /* all, at once */
		"lacks make, cc, pkg-config; on Debian or Ubuntu: apt-get install -y make "
		"gcc libc6-dev pkg-config"},
	};

	char dir[] = "/tmp/offhook-test-XXXXXX";
	char command[200], path[64];
	struct buf out = {0};
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/made", dir);
	assert_int_equal(create(&out, path), 0);
	(void)snprintf(command, sizeof(command), "mkdir %s/bare; cp %s/app.c %s/bare",
	    dir, path, dir);
	/* NOLINTNEXTLINE(cert-env33-c): our own words, for the shell */
	assert_int_equal(system(command), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool creates = strcmp(rows[i].project, "none") == 0;
		(void)snprintf(command, sizeof(command), "%s %s %s", OFFHOOK_BIN,
		    creates ? "create" : "dev --listen 127.0.0.1:0", rows[i].project);
		int code = with_only(
		    &out, dir, rows[i].programs, rows[i].environment, command);
		if (strstr(buf_text(&out), rows[i].says) == NULL ||
		    code != (creates ? 0 : 1))
			fail_msg("%s %s: %d %s", rows[i].programs, rows[i].project,
			    code, buf_text(&out));
	}
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
