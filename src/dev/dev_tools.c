#include "dev/dev_tools.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/span.h"
#include "util/spawn.h"

/* As a shell would find it. */
static bool tool_is_here(struct span name)
{
	const char *path = getenv("PATH");
	char file[4096];
	struct span rest = span_of(path != NULL ? path : "/usr/bin:/bin");
	if (span_find(name, '/') < name.len)
		rest = SPAN("");
	do {
		struct span dir = span_head(rest, span_find(rest, ':'));
		rest = span_from(rest, dir.len < rest.len ? dir.len + 1 : dir.len);
		(void)snprintf(file, sizeof(file), "%.*s%s%.*s", SPAN_ARG(dir),
		    dir.len > 0 ? "/" : "", SPAN_ARG(name));
		if (access(file, X_OK) == 0)
			return true;
	} while (rest.len > 0);
	return false;
}

/* Whether pkg-config, which is here, knows offhook. */
static bool tool_knows_offhook(void)
{
	const char *const words[] = {"pkg-config", "--exists", "offhook", NULL};
	int status = 0;
	pid_t pid;
	if (spawn(&pid, &(struct spawn){.program = "pkg-config",
			    .argv = (char *const *)(uintptr_t)words,
			    .files = {SPAWN_NOTHING, SPAWN_NOTHING, SPAWN_NOTHING},
			    .file_count = 3}) != 0)
		return true; /* nothing is known */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct lack {
	struct buf names, packages;
	size_t count;
};

static void lack_add(struct lack *lack, struct span name, struct span package)
{
	buf_printf(&lack->names, "%s%.*s", lack->count > 0 ? ", " : "", SPAN_ARG(name));
	buf_printf(&lack->packages, " %.*s", SPAN_ARG(package));
	lack->count++;
}

/* Whether the build complained of it, as sh and make do. */
static bool said_of(const char *said, struct span name)
{
	static const char *const ends[] = {
	    "not found", "command not found", "No such file", "Command not found"};
	char line[256];
	for (size_t i = 0; said != NULL && i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(line, sizeof(line), "%.*s: %s", SPAN_ARG(name), ends[i]);
		if (strstr(said, line) != NULL)
			return true;
	}
	return said == NULL;
}

static void lack_find_tools(struct lack *lack, const char *said)
{
	const char *chosen = getenv("CC");
	struct span cc = span_trim(span_of(chosen != NULL ? chosen : ""));
	bool is_own = cc.len > 0;
	cc = is_own ? span_head(cc, span_find(cc, ' ')) : SPAN("cc");
	if (said_of(said, SPAN("make")) && !tool_is_here(SPAN("make")))
		lack_add(lack, SPAN("make"), SPAN("make"));
	if (said_of(said, cc) && !tool_is_here(cc))
		lack_add(lack, cc, is_own ? cc : SPAN("gcc libc6-dev"));
	bool has_pkg_config = tool_is_here(SPAN("pkg-config"));
	if (!has_pkg_config && said_of(said, SPAN("pkg-config")))
		lack_add(lack, SPAN("pkg-config"), SPAN("pkg-config"));
	if (has_pkg_config && (said == NULL || strstr(said, "offhook") != NULL) &&
	    !tool_knows_offhook())
		lack_add(lack, SPAN("offhook.pc"), SPAN("liboffhook-dev"));
}

/* The compiler is here, and what it includes is not. */
static void lack_find_headers(struct lack *lack, const char *said)
{
	static const struct {
		const char *line, *name, *package;
	} headers[] = {
	    {"jansson.h: No such file", "jansson.h", "libjansson-dev"},
	    {"stddef.h: No such file", "stddef.h", "libc6-dev"},
	    {"stdint.h: No such file", "stdint.h", "libc6-dev"},
	    {"stdio.h: No such file", "stdio.h", "libc6-dev"},
	    {"stdlib.h: No such file", "stdlib.h", "libc6-dev"},
	    {"string.h: No such file", "string.h", "libc6-dev"},
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (strstr(said, headers[i].line) != NULL) {
			lack_add(lack, span_of(headers[i].name),
			    span_of(headers[i].package));
			return; /* compilers stop at the first */
		}
}

int dev_tools_check(const char *said, struct error *err)
{
	struct lack lack = {.count = 0};
	lack_find_tools(&lack, said);
	if (said != NULL)
		lack_find_headers(&lack, said);
	int rc = 0;
	if (lack.count > 0)
		rc = error_set(err,
		    "to build, this machine lacks %s; on Debian or Ubuntu: apt-get install "
		    "-y%s%s",
		    buf_text(&lack.names), buf_text(&lack.packages),
		    strstr(buf_text(&lack.names), "offhook.pc") != NULL
			? " (or set PKG_CONFIG_PATH to the folder of offhook.pc)"
			: "");
	buf_free(&lack.names);
	buf_free(&lack.packages);
	return rc;
}
