#include "sqlite/db_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/sqlite_db.h"
#include "sqlite/sqlite_schema.h"
#include "util/mem.h"
#include "util/sync_parent.h"

/* ---- is there one ---- */

int db_file_look(const char *dir, struct error *err)
{
	char *path = sqlite_db_path(dir);
	char *log = mem_printf("%s-wal", path);
	struct stat st;
	int rc = 1;
	if (lstat(path, &st) < 0) {
		rc = errno == ENOENT ? 0
				     : error_set(err, "%s: %s", path, strerror(errno));
		if (rc == 0 && lstat(log, &st) == 0 && st.st_size > 0)
			rc = error_set(err,
			    "%s is missing, but its log %s is there: put both back as they "
			    "were, from a backup; to begin with an empty store, move the log away",
			    path, log);
	} else if (!S_ISREG(st.st_mode)) {
		rc = error_set(err,
		    "%s is %s: name the directory that has the store's own files with "
		    "--data",
		    path, S_ISLNK(st.st_mode) ? "a link" : "not a file");
	} else if (st.st_size == 0) {
		rc = error_set(err,
		    "%s is empty (0 bytes): was it restored, or copied, on a full disk? Restore "
		    "it from a backup; to begin with an empty store, remove it",
		    path);
	}
	free(log);
	free(path);
	return rc;
}

/* ---- a new one ---- */

static int make_tables(const char *path, struct error *err)
{
	sqlite3 *db = NULL;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, 0600) < 0 || close(fd) < 0)
		return error_set(err, "cannot make %s: %s", path, strerror(errno));
	/* Nobody else knows this file, and it goes when its maker dies. */
	int rc = sqlite_db_open_new(&db, path, err);
	if (rc == 0)
		rc = sqlite_schema_make(db, err);
	if (sqlite3_close(db) != SQLITE_OK && rc == 0)
		rc = error_set(err, "%s cannot be closed", path);
	return rc;
}

int db_file_make(const char *dir, struct error *err)
{
	char *path = sqlite_db_path(dir);
	char *new = mem_printf("%s.new", path);
	(void)unlink(new); /* of a maker that died */
	int rc = make_tables(new, err);
	if (rc == 0 && rename(new, path) < 0)
		rc = error_set(err, "cannot make %s: %s", path, strerror(errno));
	if (rc < 0)
		(void)unlink(new);
	else if (sync_parent(path) < 0)
		rc = error_set(err, "cannot sync %s: %s", dir, strerror(errno));
	free(new);
	free(path);
	return rc;
}

/* ---- is it whole ---- */

/* https://www.sqlite.org/fileformat2.html, "The Database Header" and "The WAL File" */
enum {
	HEADER_SIZE = 100,
	HEADER_PAGE_SIZE = 16, /* where in the header, 2 bytes */
	HEADER_PAGES = 28,     /* 4 bytes */
	LOG_HEADER_SIZE = 32,
	LOG_SALT = 16, /* where in the log's header, 8 bytes */
	FRAME_HEADER_SIZE = 24,
	FRAME_SALT = 8
};

static uint32_t big_endian(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool read_at(sqlite3_file *file, void *out, int len, int64_t offset)
{
	return file != NULL && file->pMethods != NULL &&
	       file->pMethods->xRead(file, out, len, offset) == SQLITE_OK;
}

static int64_t size_of(sqlite3_file *file)
{
	sqlite3_int64 size = 0;
	if (file == NULL || file->pMethods == NULL ||
	    file->pMethods->xFileSize(file, &size) != SQLITE_OK)
		return 0;
	return size;
}

/* Whether the log has all of the pages first to last. Frames count for as long as they have
 * the salt of the log's header; what was in the file before them has another. */
static bool log_has(sqlite3_file *log, int page_size, uint32_t first, uint32_t last)
{
	unsigned char header[LOG_HEADER_SIZE], frame[FRAME_HEADER_SIZE];
	int64_t frame_size = FRAME_HEADER_SIZE + page_size;
	uint32_t missing = last - first + 1;
	if (missing > size_of(log) / frame_size ||
	    !read_at(log, header, sizeof(header), 0))
		return false;
	bool *seen = mem_new(missing, sizeof(*seen));
	for (int64_t at = LOG_HEADER_SIZE;
	     read_at(log, frame, sizeof(frame), at) &&
	     memcmp(frame + FRAME_SALT, header + LOG_SALT, 8) == 0;
	     at += frame_size) {
		uint32_t page = big_endian(frame);
		if (page < first || page > last || seen[page - first])
			continue;
		seen[page - first] = true;
		missing--;
	}
	free(seen);
	return missing == 0;
}

/* The header says how many pages there were at the last checkpoint. A checkpoint that was
 * cut short may have written the header alone: then the log still has the rest. */
static int db_file_check_ends(sqlite3 *db, struct error *err)
{
	unsigned char header[HEADER_SIZE];
	sqlite3_file *file = NULL, *log = NULL;
	(void)sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	(void)sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (!read_at(file, header, sizeof(header), 0) ||
	    memcmp(header, "SQLite format 3", sizeof("SQLite format 3")) != 0)
		return sqlite_db_refuse(sqlite3_db_filename(db, "main"), err);
	int page_size = header[HEADER_PAGE_SIZE] << 8 | header[HEADER_PAGE_SIZE + 1];
	page_size = page_size == 1 ? 65536 : page_size;
	int64_t size = size_of(file);
	uint32_t there = (uint32_t)(size / page_size);
	uint32_t pages = big_endian(header + HEADER_PAGES);
	if (pages <= there || log_has(log, page_size, there + 1, pages))
		return 0;
	return error_set(err,
	    "%s is cut off: it has %lld of %lld bytes. Restore it from a backup, or save what "
	    "can be read with sqlite3's .recover",
	    sqlite3_db_filename(db, "main"), (long long)size,
	    (long long)pages * page_size);
}

int db_file_check(sqlite3 *db, struct error *err)
{
	if (db_file_check_ends(db, err) == 0)
		return 0;
	/* What is refused stays as it is. */
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return -1;
}
