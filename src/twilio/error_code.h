/* error_code -- Twilio's error codes of messages and REST answers that matter to a
 * sender: what each means, and whether another attempt can help. Our reading of
 * https://www.twilio.com/docs/api/errors. */
#ifndef OFFHOOK_TWILIO_ERROR_CODE_H
#define OFFHOOK_TWILIO_ERROR_CODE_H

enum error_retry {
	ERROR_NEVER, /* another attempt fails again */
	ERROR_LATER,
	ERROR_SLOWER, /* try later, and send more slowly */
	ERROR_ONCE,
	ERROR_CHECK /* it may have been done: creating calls and messages has no
		       idempotency key */
};

/* ERROR_NEVER for an unknown code. */
enum error_retry error_code_retry(long code);
/* A short text without a full stop; NULL for an unknown code. */
const char *error_code_meaning(long code);

#endif
