/* account -- the credentials for Twilio's REST API: TWILIO_ACCOUNT_SID, and either
 * TWILIO_API_KEY with TWILIO_API_SECRET or the Auth Token; from the environment, else from
 * what `offhook env` has sealed. TWILIO_API_URL is where they are sent. */
#ifndef OFFHOOK_DOCTOR_ACCOUNT_H
#define OFFHOOK_DOCTOR_ACCOUNT_H

#include <stdbool.h>

#include "config/config.h"
#include "rest/rest.h"

/* False: there are none, but the URL. The texts are config's and the environment's. */
bool account_find(struct rest_account *out, const struct config *config);

#endif
