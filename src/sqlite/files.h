/* files -- whether the files that the store has open are still the ones in its directory.
 * A process that has a file open can go on writing to it after the file was removed,
 * renamed or mounted over: what is committed then is lost with the process. */
#ifndef OFFHOOK_SQLITE_FILES_H
#define OFFHOOK_SQLITE_FILES_H

#include <sys/stat.h>

#include "util/error.h"

enum { FILES_COUNT = 5 };

struct files {
	char *paths[FILES_COUNT];
	struct stat opened[FILES_COUNT];
};

/* Notes what is there now, once all files are open. */
int files_note(struct files *files, const char *dir, struct error *err);
/* -1, with err saying what happened and what to do, when something else or nothing is
 * there. Costs a stat of each file (0.4 µs). Any thread. */
int files_check(const struct files *files, struct error *err);
void files_clear(struct files *files);

#endif
