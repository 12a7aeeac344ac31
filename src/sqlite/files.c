#include "sqlite/files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

enum { DATABASE = 1 };

/* The directory comes first: when it is gone, all else is. Without offhook.db-shm new
 * readers see nothing new; without the lock a second server can start. */
static const char *const names[FILES_COUNT] = {
    "", "/offhook.db", "/offhook.db-wal", "/offhook.db-shm", "/lock"};

int files_note(struct files *files, const char *dir, struct error *err)
{
	for (int i = 0; i < FILES_COUNT; i++) {
		files->paths[i] = mem_printf("%s%s", dir, names[i]);
		if (stat(files->paths[i], &files->opened[i]) < 0)
			return error_set(
			    err, "%s: %s", files->paths[i], strerror(errno));
	}
	return 0;
}

static int files_explain(const char *path, int why, bool same, struct error *err)
{
	static const char advice[] =
	    "put it back, and this goes on by itself; or stop this server, set the data "
	    "directory right, and start it again";
	if (why == ENOENT || why == ENOTDIR)
		return error_set(err,
		    "%s is gone: it was removed, renamed or unmounted; %s", path,
		    advice);
	if (why != 0)
		return error_set(err, "%s cannot be reached any more (%s); %s", path,
		    strerror(why), advice);
	if (same)
		return error_set(err,
		    "%s has become smaller than it was: something wrote over it; stop this "
		    "server, and restore the store from a backup",
		    path);
	return error_set(err,
	    "%s is not the one that this server opened: something was put in its place, or "
	    "mounted over it; %s",
	    path, advice);
}

int files_check(const struct files *files, struct error *err)
{
	for (int i = 0; i < FILES_COUNT; i++) {
		const struct stat *opened = &files->opened[i];
		struct stat now;
		int why = stat(files->paths[i], &now) < 0 ? errno : 0;
		bool same = why == 0 && now.st_ino == opened->st_ino &&
			    now.st_dev == opened->st_dev;
		/* The database never shrinks. */
		if (!same || (i == DATABASE && now.st_size < opened->st_size))
			return files_explain(files->paths[i], why, same, err);
	}
	return 0;
}

void files_clear(struct files *files)
{
	for (int i = 0; i < FILES_COUNT; i++)
		free(files->paths[i]);
}
