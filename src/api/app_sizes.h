/* app_sizes -- the tables of a program that was compiled with another version of
 * offhook.h, as this version has them: its structs are shorter, or longer. */
#ifndef OFFHOOK_API_APP_SIZES_H
#define OFFHOOK_API_APP_SIZES_H

#include "offhook.h"
#include "util/arena.h"

/* A copy of the app in the arena, in which fields that the program does not know are zero.
 * Tables whose rows have this version's size are not copied. */
const oh_app *app_sizes_take(
    const oh_app *app, const struct oh_sizes *sizes, struct arena *arena);

#endif
