#include "rest/api_error.h"

#include <jansson.h>

#include "util/buf.h"
#include "util/printable.h"

enum { MESSAGE_MAX = 200 };

static int api_error_without_message(long status, struct error *err)
{
	if (status >= 300 && status < 400)
		return error_set(err,
		    "it answers %ld, a redirect; credentials do not follow those",
		    status);
	return error_set(err,
	    "it answers %ld, and not as Twilio does: is TWILIO_API_URL right, and no "
	    "proxy between?",
	    status);
}

int api_error_tell(long status, struct span body, struct error *err)
{
	json_t *doc = json_loadb(body.ptr != NULL ? body.ptr : "", body.len, 0, NULL);
	const char *message = json_string_value(json_object_get(doc, "message"));
	json_int_t code = json_integer_value(json_object_get(doc, "code"));
	struct buf text = {0};
	if (message != NULL) {
		struct span said = span_of(message);
		if (said.len > MESSAGE_MAX)
			said.len = MESSAGE_MAX;
		printable_text(&text, said, false);
	}
	json_decref(doc);
	if (status == 401)
		(void)error_set(err,
		    "Twilio refuses the credentials (401): is the Auth Token this "
		    "account's, and still valid? See TWILIO_ACCOUNT_SID and "
		    "TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and TWILIO_API_SECRET");
	else if (message == NULL)
		(void)api_error_without_message(status, err);
	else
		(void)error_set(err, "Twilio answers %ld: %s (error %lld)", status,
		    buf_text(&text), (long long)code);
	buf_free(&text);
	return -1;
}
