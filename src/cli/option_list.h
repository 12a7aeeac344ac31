/* option_list -- all options of a command, its settings among them, as rows of one kind: what
 * help and completion show. */
#ifndef OFFHOOK_CLI_OPTION_LIST_H
#define OFFHOOK_CLI_OPTION_LIST_H

#include "cli/command.h"

/* Calls visit with each, in the order of help. verb: one of the command's verbs, of whose
 * options only those that it takes are shown; NULL: all. The row is gone after the call. */
void option_list(const struct command *command, const struct verb *verb,
    void (*visit)(void *ctx, const struct flag *flag), void *ctx);

#endif
