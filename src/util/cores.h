/* cores -- how many processors there are to work on. */
#ifndef OFFHOOK_UTIL_CORES_H
#define OFFHOOK_UTIL_CORES_H

/* Those this process may run on, which taskset and containers limit; at least 1. */
int cores_usable(void);

#endif
