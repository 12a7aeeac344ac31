/* engines -- the databases that a store may be kept in. */
#ifndef OFFHOOK_ENGINES_ENGINES_H
#define OFFHOOK_ENGINES_ENGINES_H

#include "store/store.h"

/* The engine of a data directory. */
const struct engine *engines_for(const char *data);

#endif
