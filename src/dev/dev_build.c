#include "dev/dev_build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/token_file.h"
#include "dev/dev_tools.h"
#include "util/spawn.h"

enum { MOST_SAID = 1 << 20 };

/* $1: the target; $2: its source; $3: where the program goes. In English, because
 * diagnostics.c reads the messages. */
static const char script[] =
    "export LC_ALL=C\n"
    "if [ -e Makefile ] || [ -e makefile ] || [ -e GNUmakefile ]; then\n"
    "	make -s \"$1\" && cp -f \"$1\" \"$3\"\n"
    "else\n"
    "	flags=$(pkg-config --cflags offhook) && libs=$(pkg-config --libs offhook) &&\n"
    "		${CC:-cc} ${CFLAGS:--g -O1 -Wall -Werror=implicit} $flags -o \"$3\" \"$2\" $LDFLAGS $libs\n"
    "fi";

int dev_project_find(struct dev_project *out, const char *argument, struct arena *arena,
    struct error *err)
{
	const char *given = argument != NULL ? argument : ".";
	const char *slash = strrchr(given, '/');
	size_t len = strlen(given);
	struct stat status;
	*out = (struct dev_project){.dir = given, .source = "app.c"};
	if (len > 2 && strcmp(given + len - 2, ".c") == 0) {
		out->source = slash != NULL ? slash + 1 : given;
		out->dir = slash == NULL
			       ? "."
			       : arena_strndup(arena,
				     (struct span){given, (size_t)(slash - given) + 1});
	}
	const char *path = arena_printf(arena, "%s/%s", out->dir, out->source);
	if (stat(path, &status) != 0)
		return error_set(err,
		    "%s: %s; `offhook create NAME` writes a project to begin with",
		    path, strerror(errno));
	out->target = arena_strndup(
	    arena, (struct span){out->source, strlen(out->source) - strlen(".c")});
	return 0;
}

/* Runs the script, and takes what it prints. Returns its exit code, or -1 with err. */
static int build_run(const struct dev_project *project, const char *program,
    struct buf *said, struct error *err)
{
	const char *const words[] = {
	    "sh", "-c", script, "sh", project->target, project->source, program, NULL};
	int ends[2];
	pid_t pid;
	int status = -1;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set(err, "pipe: %s", strerror(errno));
	int rc = spawn(&pid, &(struct spawn){.program = "/bin/sh",
				 .argv = (char *const *)(uintptr_t)words,
				 .files = {SPAWN_OURS, ends[1], ends[1]},
				 .file_count = 3});
	(void)close(ends[1]);
	if (rc == 0) {
		char bytes[4096];
		ssize_t n;
		while ((n = read(ends[0], bytes, sizeof(bytes))) > 0 ||
		       (n < 0 && errno == EINTR))
			if (n > 0 && said->len < MOST_SAID)
				buf_add(said, bytes, (size_t)n);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
	}
	(void)close(ends[0]);
	if (rc != 0)
		return error_set(err, "/bin/sh: %s", strerror(rc));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

enum dev_built dev_build(struct dev_project *project, const char **program,
    struct buf *said, struct arena *arena, struct error *err)
{
	char here[4096];
	buf_clear(said);
	if (getcwd(here, sizeof(here)) == NULL ||
	    (mkdir(TOKEN_FILE_DIR, 0700) != 0 && errno != EEXIST)) {
		(void)error_set(err, TOKEN_FILE_DIR ": %s", strerror(errno));
		return DEV_UNBUILT;
	}
	/* Two names in turn, because the server still runs the other program. */
	*program = arena_printf(arena, "%s/" TOKEN_FILE_DIR "/%s-%d", here,
	    project->target, project->taken % 2);
	(void)unlink(*program);
	int code = build_run(project, *program, said, err);
	if (code < 0 || (code > 0 && dev_tools_check(buf_text(said), err) < 0))
		return DEV_UNBUILT;
	return code == 0 ? DEV_BUILT : DEV_BROKEN;
}
