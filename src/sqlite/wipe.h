/* wipe -- a page of the database without the copies of rows that SQLite leaves in it.
 * Deleted rows are overwritten with zeros (secure_delete), but when a page's rows are
 * spread over two pages, those that went stay in the unused middle of the first. */
#ifndef OFFHOOK_SQLITE_WIPE_H
#define OFFHOOK_SQLITE_WIPE_H

#include <stdbool.h>
#include <stddef.h>

/* A page whose first four bytes are the number of another page (overflow, free) cannot be
 * taken for one of a table while the file is smaller than that: the kind of a table's
 * page, 2 at least, is the first byte. Half of what would do. */
#define WIPE_FILE_MAX (INT64_C(64) << 30)

/* Zeroes what is between the pointers and the rows of a page of a table or an index, as
 * SQLite's file format has them; leaves every other page as it is. */
void wipe_page(unsigned char *page, size_t size, bool is_first);

#endif
