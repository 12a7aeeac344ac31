/* commands -- every command, in the order in which help lists them. */
#ifndef OFFHOOK_CMD_COMMANDS_H
#define OFFHOOK_CMD_COMMANDS_H

#include "cli/command.h"

extern const struct command *const commands[]; /* ends with NULL */

/* Each in its cmd_NAME.c. */
extern const struct command cmd_create, cmd_dev, cmd_serve, cmd_send, cmd_verify,
    cmd_events, cmd_jobs, cmd_query, cmd_export, cmd_index, cmd_forget, cmd_alerts,
    cmd_reload, cmd_config, cmd_doctor, cmd_setup, cmd_env, cmd_version, cmd_help,
    cmd_acme_order;

#endif
