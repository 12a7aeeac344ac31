/* forget_jobs -- one person's jobs. */
#ifndef OFFHOOK_STORE_FORGET_JOBS_H
#define OFFHOOK_STORE_FORGET_JOBS_H

#include "store/store.h"

/* Removes every job whose payload, group or unique key holds the address. An open job is
 * cancelled first, so that its group goes on and its worker commits nothing. *count: how
 * many. */
int forget_jobs(
    struct store *store, struct span address, int64_t *count, struct error *err);

#endif
