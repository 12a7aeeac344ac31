/* whole_file -- files that are read and replaced as a whole: others see the old one or the
 * new one, whenever the machine stops. */
#ifndef OFFHOOK_SECRETS_WHOLE_FILE_H
#define OFFHOOK_SECRETS_WHOLE_FILE_H

#include "util/buf.h"
#include "util/error.h"

/* Appends what is in it, in memory that does not move, so that one explicit_bzero wipes it.
 * 1: it is not there, or not to be opened by this user; err says so. -1 with err. */
int whole_file_read(struct buf *out, const char *path, size_t limit, struct error *err);
/* Replaces it, with mode 0600. Afterwards it is on the disk. */
int whole_file_write(const char *path, struct span bytes, struct error *err);

/* The same, with the mode and, where that is allowed, the owner that the file has. */
int whole_file_rewrite(const char *path, struct span bytes, struct error *err);

#endif
