#include "doctor/account.h"

#include <stdlib.h>
#include <string.h>

static const char *account_value(const struct config *config, const char *name)
{
	const char *value = getenv(name);
	const struct secret *secret = secrets_find(config->secrets, span_of(name));
	if (value != NULL && value[0] != '\0')
		return value;
	return secret != NULL ? secret->value : NULL;
}

bool account_find(struct rest_account *out, const struct config *config)
{
	const char *url = account_value(config, "TWILIO_API_URL");
	const char *key = account_value(config, "TWILIO_API_KEY");
	const char *secret = account_value(config, "TWILIO_API_SECRET");
	*out = (struct rest_account){.url = url != NULL ? url : REST_URL,
	    .sid = account_value(config, "TWILIO_ACCOUNT_SID"),
	    .user = key,
	    .password = secret};
	if (key == NULL || secret == NULL) {
		out->user = out->sid;
		out->password = config->first_token;
	}
	return out->sid != NULL && out->password != NULL;
}
