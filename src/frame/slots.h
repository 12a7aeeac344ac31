/* slots -- the memory that the server and one handler process share: a place for each
 * event that is with the process, and the ring of what comes back (pool.h says who
 * changes what). */
#ifndef OFFHOOK_FRAME_SLOTS_H
#define OFFHOOK_FRAME_SLOTS_H

#include <stdatomic.h>
#include <stdint.h>

#include "frame/ring.h"

enum { SLOTS = 256 };

enum slot_state { SLOT_FREE, SLOT_WAITING, SLOT_RUNNING, SLOT_REVOKED };

struct slots {
	_Atomic uint32_t state[SLOTS]; /* enum slot_state */
	struct ring ring;
};

#endif
