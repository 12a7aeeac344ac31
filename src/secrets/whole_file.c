#include "secrets/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/sync_parent.h"

/* Into memory that was reserved. */
static int file_fill(struct buf *out, int fd, size_t limit)
{
	size_t had = out->len;
	for (;;) {
		ssize_t n = read(fd, out->ptr + out->len, limit + 1 - (out->len - had));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		out->len += (size_t)n;
		out->ptr[out->len] = '\0';
		if (n == 0)
			return 0;
		if (out->len - had > limit) {
			errno = EFBIG;
			return -1;
		}
	}
}

int whole_file_read(struct buf *out, const char *path, size_t limit, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	buf_reserve(out, limit + 2);
	if (fd < 0) {
		bool away = errno == ENOENT || errno == ENOTDIR || errno == EACCES;
		(void)error_set(err, "%s: %s", path, strerror(errno));
		return away ? 1 : -1;
	}
	int rc = file_fill(out, fd, limit);
	if (rc < 0)
		(void)error_set(err, "%s: %s", path, strerror(errno));
	(void)close(fd);
	return rc;
}

static int file_put(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);
		if (n < 0 && errno != EINTR)
			return -1;
		bytes = span_from(bytes, n < 0 ? 0 : (size_t)n);
	}
	return fsync(fd);
}

/* like NULL: mode 0600, and ours. */
static int file_replace(
    const char *path, struct span bytes, const struct stat *like, struct error *err)
{
	char *beside = mem_printf("%s.XXXXXX", path);
	int fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 */
	int rc = fd < 0 ? -1 : 0;
	if (rc == 0 && like != NULL && fchown(fd, like->st_uid, like->st_gid) < 0 &&
	    errno != EPERM)
		rc = -1;
	if (rc == 0 && like != NULL)
		rc = fchmod(fd, like->st_mode & 0777);
	if (rc == 0)
		rc = file_put(fd, bytes);
	if (fd >= 0 && close(fd) < 0)
		rc = -1;
	if (rc == 0)
		rc = rename(beside, path);
	if (rc == 0)
		rc = sync_parent(path);
	if (rc < 0) {
		(void)error_set(err, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			(void)unlink(beside);
	}
	free(beside);
	return rc;
}

int whole_file_write(const char *path, struct span bytes, struct error *err)
{
	return file_replace(path, bytes, NULL, err);
}

int whole_file_rewrite(const char *path, struct span bytes, struct error *err)
{
	struct stat like;
	return file_replace(path, bytes, stat(path, &like) == 0 ? &like : NULL, err);
}
