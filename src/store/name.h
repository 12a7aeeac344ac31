/* name -- what collections, queues and indexed paths may be called. */
#ifndef OFFHOOK_STORE_NAME_H
#define OFFHOOK_STORE_NAME_H

#include "util/error.h"

/* Is it a collection's name (store_name_valid)? 0, or -1 with err. */
int name_check(const char *name, struct error *err);
/* Can the path stand in an index? Names between dots, none of them a number, since that
 * could also be an element of an array. */
int name_check_path(const char *path, struct error *err);

#endif
