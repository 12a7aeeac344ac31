/* power_record -- what was done to the files below a directory, in the order in which the
 * kernel was told of it: names, writes, sizes, syncs, and marks of who made the record. It is
 * a file, so that what it brought to light can be looked at again. power_recorder makes it,
 * power_disk plays it. */
#ifndef OFFHOOK_TESTS_POWER_RECORD_H
#define OFFHOOK_TESTS_POWER_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { RECORD_FILES = 64, RECORD_ROOT = 1 };

enum record_kind {
	RECORD_NAME,   /* the directory `file` gets a name, of `named` */
	RECORD_RENAME, /* in the directory `file`: the old name and the new one */
	RECORD_UNLINK, /* a name of the directory `file` */
	RECORD_WRITE,
	RECORD_RESIZE,
	RECORD_SYNC, /* all of `file` up to here is on the disk */
	RECORD_MARK,
	RECORD_BEGIN /* what was there before has been told */
};

struct record_op {
	enum record_kind kind;
	int32_t file, named; /* numbers of files, from 1; MARK: what, in `file` */
	uint32_t len; /* of data: what was written, or names, each with its NUL */
	int64_t at; /* WRITE: where; RESIZE: the size; NAME: 1 for a directory; MARK */
	unsigned char data[];
};

/* Of the files that have a name, by their numbers. */
struct record_files {
	int count;

	struct {
		dev_t dev;
		ino_t ino;
	} ids[RECORD_FILES];
};

/* Mapped, and shared with the processes that are forked later. */
struct record;

/* `about` are bytes of the caller's, kept in the file. */
struct record *record_new(const char *path, const void *about, size_t size);
/* NULL when it cannot be read. */
struct record *record_load(const char *path, void *about, size_t size);
/* Gives what the file does not need back to its file system. */
void record_keep(struct record *record, const char *path);
void record_free(struct record *record);

void record_add(struct record *record, const struct record_op *about, const void *data);
struct record_files *record_files(struct record *record);

/* Once all of it is there: makes what these two need. */
void record_index(struct record *record);
size_t record_count(const struct record *record);
/* How much of it tells what was there before. */
size_t record_first(const struct record *record);
const struct record_op *record_at(const struct record *record, size_t number);

#endif
