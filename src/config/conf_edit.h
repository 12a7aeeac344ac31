/* conf_edit -- changes settings in the text of a settings file, and nothing else in it:
 * comments, order and other settings stay. */
#ifndef OFFHOOK_CONFIG_CONF_EDIT_H
#define OFFHOOK_CONFIG_CONF_EDIT_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/error.h"
#include "util/span.h"

/* -1 with err: a file cannot say that value. */
int conf_edit_check(struct span value, struct error *err);
/* Whether a line of the text sets it. */
bool conf_edit_has(struct span text, const char *name);
/* Appends the text with "name = value" in place of the line that sets it, else of the line
 * that proposes it ("#name = …"), else at the end. False: it says so already, and out has the
 * text as it was. */
bool conf_edit_set(
    struct buf *out, struct span text, const char *name, struct span value);

#endif
