/* cmd_create -- writes a new project that builds, runs and has a test. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/options.h"
#include "dev/dev_tools.h"
#include "dev/project_files.h"
#include "store/store.h"
#include "util/buf.h"

static void fill_in_name(struct buf *out, struct span text, struct span name)
{
	static const char mark[] = "{{NAME}}";
	const char *at;
	while ((at = memmem(text.ptr, text.len, mark, strlen(mark))) != NULL) {
		size_t before = (size_t)(at - text.ptr);
		buf_put(out, span_head(text, before));
		buf_put(out, name);
		text = span_from(text, before + strlen(mark));
	}
	buf_put(out, text);
}

/* The file must not exist yet. */
static int create_project_file(const struct options *options,
    const struct project_file *file, struct span name, struct error *err)
{
	bool hidden = strncmp(file->name, "dot.", strlen("dot.")) == 0;
	bool script = strstr(file->name, ".sh") != NULL;
	struct buf text = {0};
	int rc = 0;
	fill_in_name(&text, (struct span){file->text, file->len}, name);
	char *path = arena_printf(options->arena, "%s/%s", options->args[0],
	    hidden ? file->name + strlen("dot") : file->name);
	int fd =
	    open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, script ? 0777 : 0666);
	ssize_t written = fd < 0 ? -1 : write(fd, text.ptr, text.len);
	if (written < 0)
		rc = error_set(err, "%s: %s", path, strerror(errno));
	else if ((size_t)written < text.len)
		rc = error_set(err, "%s: not all of it could be written", path);
	if (fd >= 0 && close(fd) != 0 && rc == 0)
		rc = error_set(err, "%s: %s", path, strerror(errno));
	buf_free(&text);
	return rc;
}

static int create_run(const struct options *options)
{
	struct error err;
	const char *dir = options->args[0], *slash = strrchr(dir, '/');
	struct span name = span_of(slash != NULL ? slash + 1 : dir);
	/* The name is inserted into C strings, a Makefile and shell scripts. */
	if (!store_name_valid(name) || name.ptr[0] == '_') {
		(void)error_set(&err,
		    "\"%.*s\": a project's name begins with a letter and has letters, "
		    "digits, _ . and -",
		    SPAN_ARG(name));
		return options_misused(options, &err);
	}
	if (mkdir(dir, 0777) != 0) {
		(void)error_set(&err, "%s: %s", dir,
		    errno == EEXIST ? "it is there already; create a new one"
				    : strerror(errno));
		return options_fail(options, &err);
	}
	for (size_t i = 0; i < project_file_count; i++)
		if (create_project_file(options, &project_files[i], name, &err) != 0)
			return options_fail(options, &err);
	(void)printf(
	    "%s is ready:\n"
	    "  cd %s && offhook dev\n"
	    "  offhook send sms --body Hello    # there, in another terminal\n",
	    dir, dir);
	if (dev_tools_check(NULL, &err) < 0)
		(void)fprintf(stderr, "%s\n", err.text);
	return EXIT_OK;
}

const struct command cmd_create = {
    .name = "create",
    .usage = "NAME",
    .summary = "write a new project",
    .about =
	"Makes the directory NAME with a whole program: app.c, a Makefile that finds\n"
	"the library with pkg-config, .env.example, and a test that sends signed\n"
	"webhooks. Writes over nothing that is there.\n",
    .examples = "  offhook create hello\n"
		"  cd hello && make test\n",
    .settings = SETTINGS_NONE,
    .min_args = 1,
    .max_args = 1,
    .run = create_run,
};
