#include "util/stamp.h"

#include <errno.h>
#include <sys/stat.h>

struct stamp stamp_of(const char *path)
{
	struct stat info;
	if (stat(path, &info) < 0)
		return (struct stamp){.error = errno == ENOTDIR ? ENOENT : errno};
	return (struct stamp){info.st_mtim, info.st_size, info.st_ino,
	    S_ISREG(info.st_mode) ? 0 : STAMP_NOT_A_FILE};
}

bool stamp_eq(struct stamp a, struct stamp b)
{
	return a.changed.tv_sec == b.changed.tv_sec &&
	       a.changed.tv_nsec == b.changed.tv_nsec && a.size == b.size &&
	       a.inode == b.inode && a.error == b.error;
}
