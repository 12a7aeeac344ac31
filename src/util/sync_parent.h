/* sync_parent -- names of files outlive a power cut once their directory was synced. */
#ifndef OFFHOOK_UTIL_SYNC_PARENT_H
#define OFFHOOK_UTIL_SYNC_PARENT_H

/* Syncs the directory that path stands in: after a file or directory was made there, renamed
 * or removed. -1 with errno; EACCES: it may not be read, so it cannot be synced. Any thread. */
int sync_parent(const char *path);

#endif
