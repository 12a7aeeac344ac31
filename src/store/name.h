/* name -- what collections, queues and indexed paths may be called. */
#ifndef OFFHOOK_STORE_NAME_H
#define OFFHOOK_STORE_NAME_H

#include "util/error.h"

/* 0 when it can be a collection's name (store_name_valid), else -1 with err. */
int name_check(const char *name, struct error *err);
/* 0 when the path can be indexed: names with dots between, no numbers, which could also be
 * elements of an array; else -1 with err. */
int name_check_path(const char *path, struct error *err);

#endif
