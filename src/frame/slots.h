/* slots -- the memory that the server and one handler process share: a slot for each run
 * that was sent to the process, and the ring of what comes back. The process maps the
 * second descriptor of OFFHOOK_HANDLER (MAP_SHARED) and finds this struct at its
 * beginning. */
#ifndef OFFHOOK_FRAME_SLOTS_H
#define OFFHOOK_FRAME_SLOTS_H

#include <stdatomic.h>
#include <stdint.h>

#include "frame/ring.h"

enum { SLOTS = 256 };

/* The server makes a slot WAITING before it sends the run, and REVOKED (if it is still
 * WAITING) to take the run back. The process changes WAITING to RUNNING, and nothing else.
 * Both use compare-and-swap, so that only one of them succeeds. */
enum slot_state { SLOT_FREE, SLOT_WAITING, SLOT_RUNNING, SLOT_REVOKED };

struct slots {
	_Atomic uint32_t state[SLOTS]; /* enum slot_state */
	struct ring ring;              /* at byte 1024 */
};

#endif
