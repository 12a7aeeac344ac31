/* error_code -- Twilio's error codes of messages and REST answers that matter to a sender:
 * what each means, and whether trying again can help. The reading of
 * https://www.twilio.com/docs/api/errors. */
#ifndef OFFHOOK_TWILIO_ERROR_CODE_H
#define OFFHOOK_TWILIO_ERROR_CODE_H

enum error_retry {
	ERROR_NEVER, /* nothing changes by itself */
	ERROR_LATER,
	ERROR_SLOWER, /* later, and send more slowly */
	ERROR_ONCE,
	ERROR_CHECK /* it may have been done: creating calls and messages has no
		       idempotency key */
};

/* ERROR_NEVER for a code that is not known. */
enum error_retry error_code_retry(long code);
/* A short text without a full stop; NULL for a code that is not known. */
const char *error_code_meaning(long code);

#endif
