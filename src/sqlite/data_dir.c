#include "sqlite/data_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/log.h"
#include "util/mem.h"
#include "util/sync_parent.h"

enum { OTHERS = S_IRWXG | S_IRWXO, PRIVATE_DIR = 0700, PRIVATE_FILE = 0600 };

/* Of the store and of the secrets: only they are changed. Others in the directory are behind its mode. */
static const char *const names[] = {"offhook.db", "offhook.db-wal", "offhook.db-shm",
    "offhook.db.new", "lock", "jobs.running", "control.sock", "secrets.age",
    "secrets.recipients", "key"};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

static bool is_ours(const char *name)
{
	for (size_t i = 0; i < NAMES; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return strcmp(name, "secrets.d") == 0; /* a directory, which lets nobody in */
}

static int refuse_owner(const char *path, const struct stat *st, struct error *err)
{
	return error_set(err,
	    "%s belongs to another user (uid %u; this runs as uid %u), who can read and change "
	    "what is stored: run this as that user, or give it to this one with chown -R, or "
	    "name another directory",
	    path, (unsigned)st->st_uid, (unsigned)geteuid());
}

/* Whether the directory is the store's, and not /tmp or somebody's home, whose mode is not
 * ours to change: nothing else is there; or a store is, and not everybody puts files beside
 * it. */
static bool is_for_store(const char *dir, const struct stat *st)
{
	DIR *entries = opendir(dir);
	const struct dirent *entry;
	bool store = false, other = false;
	while (entries != NULL && (entry = readdir(entries)) != NULL) {
		store |= strcmp(entry->d_name, names[0]) == 0;
		other |= strcmp(entry->d_name, ".") != 0 &&
			 strcmp(entry->d_name, "..") != 0 &&
			 strcmp(entry->d_name, "lost+found") != 0 &&
			 !is_ours(entry->d_name);
	}
	if (entries != NULL)
		(void)closedir(entries);
	return !other || (store && (st->st_mode & S_ISVTX) == 0);
}

/* Sets *closed when others could open it before. */
static int close_to_others(
    const char *path, mode_t have, mode_t want, bool *closed, struct error *err)
{
	if ((have & (S_IRWXU | OTHERS)) == want)
		return 0;
	if (chmod(path, want) < 0)
		return error_set(
		    err, "cannot set the mode of %s: %s", path, strerror(errno));
	*closed |= (have & OTHERS) != 0;
	return 0;
}

/* Of a directory that is there. */
static int look_at_dir(const char *dir, struct stat *st, struct error *err)
{
	if (stat(dir, st) < 0 || !S_ISDIR(st->st_mode))
		return error_set(err, "%s is not a directory", dir);
	if (st->st_uid != geteuid())
		return refuse_owner(dir, st, err);
	if ((st->st_mode & OTHERS) != 0 && !is_for_store(dir, st))
		return error_set(err,
		    "%s is open to other users, and not the store's alone: name a directory in "
		    "it that is (%s/offhook), or run chmod 0700 %s",
		    dir, dir, dir);
	return 0;
}

/* The name of a new directory is its parent's, and may be gone after a power cut with all
 * that is in it, however well that was synced. A parent that may not be read cannot be
 * synced: it is no reason not to start. */
static int data_dir_keep(const char *dir, struct error *err)
{
	if (sync_parent(dir) == 0 || errno == EACCES)
		return 0;
	return error_set(
	    err, "cannot sync the directory of %s: %s", dir, strerror(errno));
}

static int close_dir(const char *dir, bool *closed, struct error *err)
{
	struct stat st;
	if (mkdir(dir, PRIVATE_DIR) == 0)
		return close_to_others(dir, 0, PRIVATE_DIR, closed, err) < 0
			   ? -1
			   : data_dir_keep(dir, err);
	if (errno != EEXIST)
		return error_set(err, "cannot make %s: %s", dir, strerror(errno));
	if (look_at_dir(dir, &st, err) < 0)
		return -1;
	return close_to_others(dir, st.st_mode, PRIVATE_DIR, closed, err);
}

/* 0: it is not there. */
static int look_at_file(const char *path, struct stat *st, struct error *err)
{
	if (lstat(path, st) < 0)
		return errno == ENOENT
			   ? 0
			   : error_set(err, "%s: %s", path, strerror(errno));
	if (S_ISLNK(st->st_mode))
		return error_set(err,
		    "%s is a link: the store's files must lie in its directory; move the "
		    "whole directory and name it, or make a link to it",
		    path);
	return st->st_uid != geteuid() ? refuse_owner(path, st, err) : 1;
}

static int close_file(const char *path, bool *closed, struct error *err)
{
	struct stat st;
	int there = look_at_file(path, &st, err);
	return there <= 0
		   ? there
		   : close_to_others(path, st.st_mode, PRIVATE_FILE, closed, err);
}

/* Whether a file can be made in dir: for root, access() says so of /proc as well. A full
 * disk does not count, since the server starts on one. */
static int probe_dir(const char *dir, struct error *err)
{
	char *name = mem_printf("%s/.offhook-XXXXXX", dir);
	int rc = 0;
	if (mkdtemp(name) != NULL)
		(void)rmdir(name);
	else if (errno != ENOSPC && errno != EDQUOT)
		rc =
		    error_set(err, "cannot make files in %s: %s", dir, strerror(errno));
	free(name);
	return rc;
}

int data_dir_check(const char *dir, struct error *err)
{
	struct stat st;
	if (stat(dir, &st) < 0) {
		if (errno != ENOENT)
			return error_set(
			    err, "cannot make %s: %s", dir, strerror(errno));
		char *parent = mem_strdup(dir);
		int rc = probe_dir(dirname(parent), err);
		free(parent);
		return rc < 0 ? error_wrap(err, "cannot make %s", dir) : 0;
	}
	int rc = look_at_dir(dir, &st, err);
	for (size_t i = 0; i < NAMES && rc == 0; i++) {
		char *path = mem_printf("%s/%s", dir, names[i]);
		rc = look_at_file(path, &st, err) < 0 ? -1 : 0;
		free(path);
	}
	return rc < 0 || probe_dir(dir, err) < 0 ? -1 : 1;
}

int data_dir_open(const char *dir, struct error *err)
{
	bool closed = false;
	int rc = close_dir(dir, &closed, err);
	for (size_t i = 0; i < NAMES && rc == 0; i++) {
		char *path = mem_printf("%s/%s", dir, names[i]);
		rc = close_file(path, &closed, err);
		free(path);
	}
	if (closed)
		log_write(LOG_WARN,
		    "other users could open the data directory or files in it: they were "
		    "closed to them",
		    "dir", dir, NULL);
	return rc;
}
