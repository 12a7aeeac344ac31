/* machine -- what the machine and the data directory give a server: room, rights, limits,
 * the time. */
#ifndef OFFHOOK_DOCTOR_MACHINE_H
#define OFFHOOK_DOCTOR_MACHINE_H

#include <stdint.h>

#include "config/config.h"
#include "doctor/findings.h"

/* The data directory: whose it is, who may open it, what room is left, its store. */
void machine_check_data(struct findings *findings, const struct config *config);
/* The key of the secrets. */
void machine_check_key(struct findings *findings, const struct config *config);
/* Descriptors, and how many connections the kernel lets wait. */
void machine_check_limits(struct findings *findings, const struct config *config);

/* What these find, judged: for tests, too. */
void machine_judge_room(struct findings *findings, const char *dir, uint64_t free_bytes,
    uint64_t free_files);
void machine_judge_clock(struct findings *findings, int64_t here_ms, int64_t there_ms);
void machine_judge_limits(struct findings *findings, const struct config *config,
    uint64_t descriptors, int64_t somaxconn);

#endif
