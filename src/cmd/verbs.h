/* verbs -- the verbs of `offhook jobs`, `offhook events` and `offhook env` that have files of their own.
 * Each reads its options and returns an exit code. */
#ifndef OFFHOOK_CMD_VERBS_H
#define OFFHOOK_CMD_VERBS_H

#include "cli/options.h"

/* cmd_events_retry.c */
int cmd_events_retry(const struct options *options);
/* cmd_jobs_list.c */
int cmd_jobs_list(const struct options *options);
int cmd_jobs_show(const struct options *options);
/* cmd_jobs_change.c */
int cmd_jobs_retry(const struct options *options);
int cmd_jobs_drop(const struct options *options);
int cmd_jobs_cancel(const struct options *options);
/* cmd_jobs_queues.c */
int cmd_jobs_pause(const struct options *options);
int cmd_jobs_resume(const struct options *options);
int cmd_jobs_stats(const struct options *options);
/* cmd_jobs_follow.c */
int cmd_jobs_follow(const struct options *options);
/* cmd_env_set.c */
int cmd_env_set(const struct options *options);
int cmd_env_unset(const struct options *options);
/* cmd_env_list.c */
int cmd_env_list(const struct options *options);
/* cmd_env_rotate.c */
int cmd_env_rotate(const struct options *options);

#endif
