#include "sqlite/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"
#include "util/mem.h"

/* Open-file-description locks: unlike flock they can be asked about without being
 * taken, unlike POSIX locks they survive another close of the file in this process. */
static const struct flock whole_file = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

static int lock_in_use(int fd, const char *dir, struct error *err)
{
	char pid[32] = "";
	ssize_t len = pread(fd, pid, sizeof(pid) - 1, 0);
	pid[len < 0 ? 0 : len] = '\0';
	long owner = strtol(pid, NULL, 10);
	if (owner <= 0)
		return error_set(err, "%s is in use by another process", dir);
	return error_set(
	    err, "%s is in use by process %ld (offhook serve?)", dir, owner);
}

static int lock_write_pid(int fd)
{
	char pid[32];
	int len = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) < 0)
		return -1;
	return pwrite(fd, pid, (size_t)len, 0) == len ? 0 : -1;
}

int lock_take(const char *dir, struct error *err)
{
	char *path = mem_printf("%s/lock", dir);
	struct flock lock = whole_file;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		(void)error_set(err, "cannot open %s: %s", path, strerror(errno));
	} else if (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
		(void)(errno == EAGAIN || errno == EACCES
			   ? lock_in_use(fd, dir, err)
			   : error_set(
				 err, "cannot lock %s: %s", path, strerror(errno)));
		(void)close(fd);
		fd = -1;
	} else if (lock_write_pid(fd) < 0 && ftruncate(fd, 0) < 0) {
		/* A full disk must not keep the server from starting: the lock holds
		 * without a number, or with a wrong one. */
		log_write(LOG_DEBUG, "the lock file could not be written", "file", path,
		    NULL);
	}
	free(path);
	return fd;
}

void lock_drop(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

bool lock_held(const char *dir)
{
	char *path = mem_printf("%s/lock", dir);
	struct flock lock = whole_file;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool held =
	    fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	if (fd >= 0)
		(void)close(fd);
	free(path);
	return held;
}
