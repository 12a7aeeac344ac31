/* power_disk -- what a disk may hold after the power went.
 *
 * What was synced is there. Of what was done to a file since its last sync, any part may be:
 * each sector has the bytes that it had at the sync or after any later write (so writes come
 * in any order, and torn), and the file has the size of then or of any later moment. A sector
 * has 512 or 4096 bytes. Where a file has grown and nothing else has reached it, there are
 * zeros, or sometimes what was left there by another file.
 *
 * A name is there once its directory was synced, and not because its file was: POSIX says no
 * more. (ext4 and XFS bring a file's name with the file.) Of the changes of a directory since
 * its last sync any may be there, a rename whole or not at all. */
#ifndef OFFHOOK_TESTS_POWER_DISK_H
#define OFFHOOK_TESTS_POWER_DISK_H

#include "power_record.h"
#include "util/error.h"

/* What a disk says that it has synced, and has not. */
enum disk_lie {
	DISK_HONEST,
	DISK_LIES_OF_LOG,      /* syncs of offhook.db-wal do nothing */
	DISK_LIES_OF_DATABASE, /* of offhook.db */
	DISK_LIES_OF_NAMES,    /* of directories */
	DISK_LIES
};

/* The disk of one record, at one moment. */
struct disk;

struct disk *disk_new(const struct record *record, enum disk_lie lie);
void disk_free(struct disk *disk);
/* The first `cut` things of the record have happened. Never back. */
void disk_go(struct disk *disk, size_t cut);
/* Puts what the disk may hold now into the empty directory `root`. `seed` decides what. */
void disk_write(const struct disk *disk, uint64_t seed, const char *root);
/* Whether the files in `root` are what was recorded, all of it, and nothing else: -1 with
 * err when not. Of files that are mapped, and of -shm files, it asks nothing. */
int disk_compare(const struct disk *disk, const char *root, struct error *err);

#endif
