/* data_dir -- the data directory: made, and closed to everybody but its owner. */
#ifndef OFFHOOK_SQLITE_DATA_DIR_H
#define OFFHOOK_SQLITE_DATA_DIR_H

#include "util/error.h"

/* Makes the directory (mode 0700) when it is not there. One that others may open, or a file
 * of the store in it, is closed to them (0700, 0600), and a line in the log says so. -1 with
 * err when that is not ours to do: it belongs to another user, or is shared by more than
 * the store. */
int data_dir_open(const char *dir, struct error *err);
/* What that would say, and whether files can be made there: 1, or 0 when the directory is
 * not there and can be made; -1 with err. Changes nothing that stays. */
int data_dir_check(const char *dir, struct error *err);

#endif
