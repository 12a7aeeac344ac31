/* show_findings -- what `doctor` and `setup` found, for people. */
#ifndef OFFHOOK_CMD_SHOW_FINDINGS_H
#define OFFHOOK_CMD_SHOW_FINDINGS_H

#include <stdio.h>

#include "doctor/findings.h"

/* A line for each, and below it how to mend it; in colour on a terminal. */
void show_findings(FILE *out, const struct findings *findings);

#endif
