#include "cmd/commands.h"

const struct command *const commands[] = {&cmd_setup, &cmd_create, &cmd_dev, &cmd_serve,
    &cmd_send, &cmd_verify, &cmd_events, &cmd_jobs, &cmd_query, &cmd_export, &cmd_index,
    &cmd_forget, &cmd_alerts, &cmd_env, &cmd_config, &cmd_doctor, &cmd_reload,
    &cmd_version, &cmd_help, &cmd_acme_order, NULL};
