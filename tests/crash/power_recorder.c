/* The functions that replace the C library's cannot stand beside its checking ones. */
#undef _FORTIFY_SOURCE
#include "power_recorder.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "util/mem.h"

enum { FDS = 1024, MAPS = 8, PAGE = 4096 };

/* What this process records. Its descriptors and mappings go with it. */
static struct {
	pthread_mutex_t mutex;
	struct record *to; /* NULL: nothing */
	char root[PATH_MAX];
	size_t die_at, calls;
	int fds[FDS];    /* the file's number; 0: none of ours */
	bool syncs[FDS]; /* opened with O_SYNC or O_DSYNC */

	struct {
		unsigned char *at, *seen;
		size_t len;
		int file;
	} maps[MAPS];
} recorder = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* ---- adding to the record, under the mutex ---- */

static void add(enum record_kind kind, int file, int named, int64_t at,
    const void *data, size_t len)
{
	struct record_op op = {
	    .kind = kind, .file = file, .named = named, .len = (uint32_t)len, .at = at};
	record_add(recorder.to, &op, data);
}

/* What was written to mapped files since the last call. */
static void look_at_maps(void)
{
	for (int i = 0; i < MAPS; i++) {
		for (size_t at = 0; at < recorder.maps[i].len; at += PAGE) {
			unsigned char *page = recorder.maps[i].at + at;
			unsigned char *seen = recorder.maps[i].seen + at;
			if (memcmp(page, seen, PAGE) == 0)
				continue;
			memcpy(seen, page, PAGE);
			add(RECORD_WRITE, recorder.maps[i].file, 0, (int64_t)at, seen,
			    PAGE);
		}
	}
}

/* Every recorded call begins here, and ends with the mutex's unlocking. False: nothing is
 * recorded, and the mutex is not taken. */
static bool begin(void)
{
	if (recorder.to == NULL)
		return false;
	(void)pthread_mutex_lock(&recorder.mutex);
	return true;
}

static void end(void)
{
	(void)pthread_mutex_unlock(&recorder.mutex);
}

/* A call that changes something is about to be made. */
static void happen(void)
{
	look_at_maps();
	if (++recorder.calls == recorder.die_at)
		_exit(RECORDER_KILLED);
}

static int file_of(int fd)
{
	return fd >= 0 && fd < FDS ? recorder.fds[fd] : 0;
}

/* ---- files and names ---- */

static int number_of(const struct stat *st)
{
	struct record_files *files = record_files(recorder.to);
	for (int i = 1; i <= files->count; i++)
		if (files->ids[i].dev == st->st_dev && files->ids[i].ino == st->st_ino)
			return i;
	return 0;
}

static int new_number(const struct stat *st)
{
	struct record_files *files = record_files(recorder.to);
	if (files->count + 1 >= RECORD_FILES)
		abort();
	files->count++;
	files->ids[files->count].dev = st->st_dev;
	files->ids[files->count].ino = st->st_ino;
	return files->count;
}

/* Whether a path is below the root; then *dir is its directory's number. */
static bool is_ours(const char *path, int *dir, const char **name)
{
	char parent[PATH_MAX];
	struct stat st;
	size_t len = strlen(recorder.root), whole = strlen(path);
	if (strncmp(path, recorder.root, len) != 0 || path[len] != '/' ||
	    whole >= sizeof(parent) ||
	    (whole > 4 && strcmp(path + whole - 4, "-shm") == 0))
		return false;
	memcpy(parent, path, whole + 1);
	char *slash = strrchr(parent, '/');
	*slash = '\0';
	*name = path + (slash - parent) + 1;
	*dir = stat(parent, &st) == 0 ? number_of(&st) : 0;
	return *dir != 0;
}

/* The number of the file at a path, 0: there is none. */
static int file_at(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 ? number_of(&st) : 0;
}

static void note_name(int dir, const char *name, const char *path)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		abort();
	add(RECORD_NAME, dir, new_number(&st), S_ISDIR(st.st_mode), name,
	    strlen(name) + 1);
}

/* What is there when recording begins: all of it is on the disk. */
static int note_what_is_there(const char *path, int dir, struct error *err)
{
	DIR *entries = opendir(path);
	const struct dirent *entry;
	if (entries == NULL)
		return error_set(err, "%s: %s", path, strerror(errno));
	while ((entry = readdir(entries)) != NULL) {
		char *inner = mem_printf("%s/%s", path, entry->d_name);
		const char *name;
		int parent;
		struct stat st;
		if (entry->d_name[0] != '.' && is_ours(inner, &parent, &name) &&
		    lstat(inner, &st) == 0 && !S_ISSOCK(st.st_mode)) {
			note_name(dir, name, inner);
			int number = number_of(&st);
			unsigned char *bytes = mem_new((size_t)st.st_size + 1, 1);
			int fd = S_ISREG(st.st_mode) ? open(inner, O_RDONLY) : -1;
			if (fd >= 0 &&
			    read(fd, bytes, (size_t)st.st_size) == st.st_size)
				add(RECORD_WRITE, number, 0, 0, bytes,
				    (size_t)st.st_size);
			if (fd >= 0)
				(void)close(fd);
			add(RECORD_SYNC, number, 0, 0, NULL, 0);
			free(bytes);
			if (S_ISDIR(st.st_mode) &&
			    note_what_is_there(inner, number, err) < 0)
				abort();
		}
		free(inner);
	}
	(void)closedir(entries);
	add(RECORD_SYNC, dir, 0, 0, NULL, 0);
	return 0;
}

int recorder_start(
    struct record *record, const char *root, int64_t die_at, struct error *err)
{
	struct stat st;
	if (stat(root, &st) < 0)
		return error_set(err, "%s: %s", root, strerror(errno));
	(void)snprintf(recorder.root, sizeof(recorder.root), "%s", root);
	recorder.die_at = (size_t)die_at;
	recorder.to = record;
	if (record_files(record)->count > 0)
		return 0;
	(void)new_number(&st);
	int rc = note_what_is_there(root, RECORD_ROOT, err);
	add(RECORD_BEGIN, 0, 0, 0, NULL, 0);
	return rc;
}

void recorder_stop(void)
{
	if (!begin())
		return;
	look_at_maps();
	recorder.to = NULL;
	end();
}

void recorder_mark(int what, int64_t number)
{
	if (!begin())
		return;
	look_at_maps();
	add(RECORD_MARK, what, 0, number, NULL, 0);
	end();
}

/* ---- the C library's functions ---- */

static int open_recorded(const char *path, int flags, mode_t mode)
{
	int dir = 0;
	const char *name = NULL;
	struct stat st;
	bool ours = is_ours(path, &dir, &name);
	bool there = ours && lstat(path, &st) == 0;
	bool changes =
	    ours && ((flags & O_TRUNC) != 0 || (!there && (flags & O_CREAT) != 0));
	if (changes)
		happen();
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	if (fd < 0 || fd >= FDS)
		return fd;
	if (changes && !there)
		note_name(dir, name, path);
	recorder.fds[fd] = ours || strcmp(path, recorder.root) == 0 ? file_at(path) : 0;
	recorder.syncs[fd] = (flags & O_DSYNC) != 0;
	if (changes && (flags & O_TRUNC) != 0)
		add(RECORD_RESIZE, file_of(fd), 0, 0, NULL, 0);
	return fd;
}

static int open_any(const char *path, int flags, mode_t mode)
{
	if (!begin())
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	int fd = open_recorded(path, flags, mode);
	end();
	return fd;
}

int open(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	return open_any(path, flags, mode);
}

int close(int fd)
{
	bool recorded = begin();
	if (recorded && fd >= 0 && fd < FDS)
		recorder.fds[fd] = 0;
	int rc = (int)syscall(SYS_close, fd);
	if (recorded)
		end();
	return rc;
}

/* at -1: where the descriptor stands. */
static ssize_t write_any(int fd, const struct iovec *parts, int count, off_t at)
{
	bool recorded = begin();
	int file = recorded ? file_of(fd) : 0;
	if (file > 0)
		happen();
	off_t from = at < 0 ? lseek(fd, 0, SEEK_CUR) : at;
	ssize_t len = at < 0 ? syscall(SYS_writev, fd, parts, count)
			     : syscall(SYS_pwritev, fd, parts, count, at, 0);
	ssize_t left = file > 0 ? len : 0;
	for (int i = 0; i < count && left > 0; i++) {
		ssize_t part =
		    left < (ssize_t)parts[i].iov_len ? left : (ssize_t)parts[i].iov_len;
		add(RECORD_WRITE, file, 0, from, parts[i].iov_base, (size_t)part);
		from += part;
		left -= part;
	}
	if (file > 0 && recorder.syncs[fd])
		add(RECORD_SYNC, file, 0, 0, NULL, 0);
	if (recorded)
		end();
	return len;
}

static struct iovec one_part(const void *bytes, size_t len)
{
	return (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	struct iovec part = one_part(bytes, len);
	return write_any(fd, &part, 1, -1);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	struct iovec part = one_part(bytes, len);
	return write_any(fd, &part, 1, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
	return pwrite(fd, bytes, len, at);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	return write_any(fd, parts, count, at);
}

/* With `grows` the file becomes no smaller. */
static int resize_any(int fd, off_t size, bool grows)
{
	struct stat st;
	bool recorded = begin();
	int file = recorded ? file_of(fd) : 0;
	bool changes =
	    file > 0 && (!grows || (fstat(fd, &st) == 0 && st.st_size < size));
	if (changes)
		happen();
	int rc = grows ? (int)syscall(SYS_fallocate, fd, 0, (off_t)0, size)
		       : (int)syscall(SYS_ftruncate, fd, size);
	if (changes && rc == 0)
		add(RECORD_RESIZE, file, 0, size, NULL, 0);
	if (recorded)
		end();
	return rc;
}

int ftruncate(int fd, off_t size)
{
	return resize_any(fd, size, false);
}

int ftruncate64(int fd, off64_t size)
{
	return resize_any(fd, size, false);
}

int posix_fallocate(int fd, off_t at, off_t len)
{
	return resize_any(fd, at + len, true) < 0 ? errno : 0;
}

static int sync_any(int fd)
{
	if (!begin())
		return 0;
	if (file_of(fd) > 0) {
		happen();
		add(RECORD_SYNC, file_of(fd), 0, 0, NULL, 0);
	}
	end();
	return 0;
}

int fsync(int fd)
{
	return sync_any(fd);
}

int fdatasync(int fd)
{
	return sync_any(fd);
}

int rename(const char *from, const char *to)
{
	int dir = 0, other = 0;
	const char *name = NULL, *old = NULL;
	char names[2 * NAME_MAX + 2];
	if (!begin())
		return (int)syscall(SYS_rename, from, to);
	bool ours = is_ours(from, &dir, &old) && is_ours(to, &other, &name);
	assert(!ours || dir == other);
	if (ours)
		happen();
	int rc = (int)syscall(SYS_rename, from, to);
	if (ours && rc == 0) {
		int len = snprintf(names, sizeof(names), "%s%c%s", old, 0, name);
		add(RECORD_RENAME, dir, file_at(to), 0, names, (size_t)len + 1);
	}
	end();
	return rc;
}

int unlink(const char *path)
{
	int dir = 0;
	const char *name = NULL;
	if (!begin())
		return (int)syscall(SYS_unlink, path);
	bool ours = is_ours(path, &dir, &name);
	int file = ours ? file_at(path) : 0;
	if (file > 0)
		happen();
	int rc = (int)syscall(SYS_unlink, path);
	if (file > 0 && rc == 0) {
		add(RECORD_UNLINK, dir, file, 0, name, strlen(name) + 1);
		/* Its number in the file system may be another's next. */
		struct record_files *files = record_files(recorder.to);
		files->ids[file].dev = 0;
		files->ids[file].ino = 0;
	}
	end();
	return rc;
}

int mkdir(const char *path, mode_t mode)
{
	int dir = 0;
	const char *name = NULL;
	if (!begin())
		return (int)syscall(SYS_mkdir, path, mode);
	bool ours = is_ours(path, &dir, &name);
	if (ours)
		happen();
	int rc = (int)syscall(SYS_mkdir, path, mode);
	if (ours && rc == 0)
		note_name(dir, name, path);
	end();
	return rc;
}

static void *map_any(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	bool recorded = begin();
	void *map = (void *)syscall(SYS_mmap, at, len, prot, flags, fd, offset);
	if (recorded && map != MAP_FAILED && file_of(fd) > 0 &&
	    (flags & MAP_SHARED) != 0 && (prot & PROT_WRITE) != 0) {
		int i = 0;
		while (recorder.maps[i].len > 0)
			i++;
		assert(i < MAPS && offset == 0 && len % PAGE == 0);
		recorder.maps[i].at = map;
		recorder.maps[i].len = len;
		recorder.maps[i].file = file_of(fd);
		recorder.maps[i].seen = mem_new(len, 1);
		memcpy(recorder.maps[i].seen, map, len);
	}
	if (recorded)
		end();
	return map;
}

void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	return map_any(at, len, prot, flags, fd, offset);
}

void *mmap64(void *at, size_t len, int prot, int flags, int fd, off64_t offset)
{
	return map_any(at, len, prot, flags, fd, offset);
}

int munmap(void *at, size_t len)
{
	bool recorded = begin();
	for (int i = 0; recorded && i < MAPS; i++) {
		if (recorder.maps[i].len == 0 || recorder.maps[i].at != at)
			continue;
		look_at_maps();
		free(recorder.maps[i].seen);
		memset(&recorder.maps[i], 0, sizeof(recorder.maps[i]));
	}
	if (recorded)
		end();
	return (int)syscall(SYS_munmap, at, len);
}
