/* engines -- the databases that a store may be kept in. */
#ifndef OFFHOOK_ENGINES_ENGINES_H
#define OFFHOOK_ENGINES_ENGINES_H

#include "store/store.h"

/* The one for a data directory. */
const struct engine *engines_for(const char *data);

#endif
