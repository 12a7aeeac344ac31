/* cores -- how many processors this process may use. */
#ifndef OFFHOOK_UTIL_CORES_H
#define OFFHOOK_UTIL_CORES_H

/* taskset and containers limit them; at least 1. */
int cores_usable(void);

#endif
