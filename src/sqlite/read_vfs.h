/* read_vfs -- how a reader opens the store's files: for reading alone. SQLite opens the
 * write-ahead log of a database that is only read for writing all the same, and what runs in
 * a handler process may write to any descriptor that it finds. And it waits a moment for an
 * owner that is in the midst of a commit. */
#ifndef OFFHOOK_SQLITE_READ_VFS_H
#define OFFHOOK_SQLITE_READ_VFS_H

/* For URIs: vfs=READ_VFS. */
#define READ_VFS "offhook-read"

/* Registers it, once a process and before the first connection. */
void read_vfs_register(void);

#endif
