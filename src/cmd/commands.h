/* commands -- every command there is, in the order of help. */
#ifndef OFFHOOK_CMD_COMMANDS_H
#define OFFHOOK_CMD_COMMANDS_H

#include "cli/command.h"

extern const struct command *const commands[]; /* ended by NULL */

#endif
