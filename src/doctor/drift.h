/* drift -- what Twilio calls for the account's numbers, against what is served here. */
#ifndef OFFHOOK_DOCTOR_DRIFT_H
#define OFFHOOK_DOCTOR_DRIFT_H

#include "doctor/findings.h"
#include "doctor/served.h"
#include "rest/numbers.h"

/* Numbers none of whose URLs leads here are another system's, and no fault, unless all of
 * them are. */
void drift_judge(struct findings *findings, const struct served *served,
    const struct numbers *numbers);

#endif
