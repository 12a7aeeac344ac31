/* power_recorder -- records what this process does to the files below a directory.
 *
 * The calls of the C library that change files (open, pwrite, ftruncate, fsync, rename …) are
 * defined here once more, and a program that is linked with this file has these: its own
 * code, and SQLite, whatever shims are between. They do what they always do, but for syncs:
 * those are noted, and not done, which saves their time.
 *
 * A file that is mapped is looked at with each call: what changed there is a write. SQLite's
 * -shm files are left out: they mean nothing after a power cut. */
#ifndef OFFHOOK_TESTS_POWER_RECORDER_H
#define OFFHOOK_TESTS_POWER_RECORDER_H

#include "power_record.h"
#include "util/error.h"

enum { RECORDER_KILLED = 99 };

/* From now on what happens below `root` is recorded, by all threads. What is there already is
 * on the disk; but where another process has recorded into this record before, this one goes
 * on. With die_at > 0 the process ends before its die_at-th change, as by kill -9, with the
 * status RECORDER_KILLED. */
int recorder_start(
    struct record *record, const char *root, int64_t die_at, struct error *err);
void recorder_stop(void);
/* Nothing while nothing is recorded. Any thread. */
void recorder_mark(int what, int64_t number);

#endif
