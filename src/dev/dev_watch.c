#include "dev/dev_watch.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
	MOST_DEPTH = 4,
	QUIET_MS = 40,
	/* Many editors save by renaming a new file over the old one. */
	SAVED = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE
};

/* Watching a directory twice is harmless, so this also adds new directories. */
static int watch_directory(int fd, const char *path, int depth)
{
	int rc = inotify_add_watch(fd, path, SAVED) < 0 ? -1 : 0;
	DIR *dir = depth < MOST_DEPTH ? opendir(path) : NULL;
	const struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char below[4096];
		int len = snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' && len > 0 &&
		    (size_t)len < sizeof(below))
			(void)watch_directory(fd, below, depth + 1);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return rc;
}

int dev_watch_open(struct error *err)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd >= 0 && watch_directory(fd, ".", 0) == 0)
		return fd;
	(void)error_set(err, "cannot watch the sources: %s", strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

void dev_watch_beside(int fd, const char *path)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');
	int len = slash == NULL
		      ? 0
		      : snprintf(dir, sizeof(dir), "%.*s/", (int)(slash - path), path);
	if (len > 0 && (size_t)len < sizeof(dir))
		(void)inotify_add_watch(fd, dir, SAVED);
}

static bool name_ends(const char *name, const char *const *ends)
{
	size_t len = strlen(name);
	for (int i = 0; ends[i] != NULL; i++) {
		size_t end = strlen(ends[i]);
		if (name[0] != '.' && len >= end &&
		    strcmp(name + len - end, ends[i]) == 0)
			return true;
	}
	return false;
}

static unsigned saved_kind(const char *name)
{
	static const char *const sources[] = {
	    ".c", ".h", ".cc", ".cpp", ".hpp", "akefile", ".mk", NULL};
	static const char *const settings[] = {".conf", NULL};
	if (strcmp(name, ".env") == 0 || name_ends(name, settings))
		return DEV_SAVED_SETTINGS;
	return name_ends(name, sources) ? DEV_SAVED_SOURCE : 0;
}

/* Reads the events that are there. A file that was only created does not count: the end
 * of its writing follows. */
static unsigned watch_read(int fd)
{
	_Alignas(struct inotify_event) char bytes[8192];
	unsigned saved = 0;
	bool made = false;
	ssize_t n;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		for (const char *at = bytes; at < bytes + n;) {
			const struct inotify_event *event = (const void *)at;
			bool whole =
			    (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0;
			if ((event->mask & IN_ISDIR) != 0)
				made = true;
			else if (whole && event->len > 0)
				saved |= saved_kind(event->name);
			at += sizeof(*event) + event->len;
		}
	}
	if (made)
		(void)watch_directory(fd, ".", 0);
	return saved;
}

unsigned dev_watch_settle(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	unsigned saved = 0;
	do
		saved |= watch_read(fd);
	while (poll(&ready, 1, QUIET_MS) > 0);
	return saved;
}
