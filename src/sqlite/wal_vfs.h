/* wal_vfs -- how the owner's connections write the write-ahead log, and how a checkpoint
 * reads it: in large pieces. SQLite writes each page of a commit by two calls of the system
 * and reads them back by one each, which costs more than the bytes do. Only the log goes this
 * way: a checkpoint believes its pages to be in the database file without another call, so
 * they must never be held back. */
#ifndef OFFHOOK_SQLITE_WAL_VFS_H
#define OFFHOOK_SQLITE_WAL_VFS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/* For URIs: vfs=WAL_VFS. What a connection writes to the log is in the file when it syncs the
 * log, or asks anything else of it. With synchronous=FULL a commit is visible to others only
 * after that sync. With any other setting others could see what is not there yet. */
#define WAL_VFS "offhook-wal"

/* Registers it, once a process and before the first connection. */
void wal_vfs_register(void);
/* From now on, or no more, the connection reads its log ahead. Only while it checkpoints: what
 * has been read ahead does not learn what another connection writes. */
void wal_vfs_ahead(sqlite3 *db, bool ahead);
/* Forgets what is not in the file yet. After each rollback: those bytes are nobody's, and on a
 * full disk they would keep the log from beginning anew, where there is room. */
void wal_vfs_drop(sqlite3 *db);
/* Syncs the log, if there is one; what SQLite says. */
int wal_vfs_sync(sqlite3 *db);
/* The log's file of a connection, for calls of its methods, or NULL. */
sqlite3_file *wal_vfs_file(sqlite3 *db);

#endif
