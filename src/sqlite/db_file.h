/* db_file -- the database file as a file: whether there is one, whether it can be whole,
 * and how a new one is made. What is left of a store must never be taken for a new one. */
#ifndef OFFHOOK_SQLITE_DB_FILE_H
#define OFFHOOK_SQLITE_DB_FILE_H

#include <sqlite3.h>

#include "util/error.h"

/* 1: there is one, 0: there is none, nor anything of one; -1 with err: it is empty, is not
 * a file of its own, or only its log is there. Does not open it. */
int db_file_look(const char *dir, struct error *err);
/* Makes it (mode 0600), with all tables, under another name first: it is there whole or
 * not at all, whenever the machine stops. For who has the directory's lock. */
int db_file_make(const char *dir, struct error *err);
/* -1 with err when its beginning is not SQLite's, or when pages are missing at its end that
 * the log does not have either: both go unnoticed while the log has other pages, until a
 * checkpoint writes over what was left. By the first connection that may write, before it
 * does. */
int db_file_check(sqlite3 *db, struct error *err);

#endif
