/* What offhook.h says of Twilio's error codes. */
#include "offhook.h"
#include "twilio/error_code.h"

enum oh_error_advice oh_error_advice(int64_t code)
{
	switch (error_code_retry((long)code)) {
	case ERROR_LATER:
		return OH_RETRY_LATER;
	case ERROR_SLOWER:
		return OH_RETRY_SLOWER;
	case ERROR_ONCE:
		return OH_RETRY_ONCE;
	case ERROR_CHECK:
		return OH_RETRY_CHECK;
	case ERROR_NEVER:
		break;
	}
	return OH_RETRY_NEVER;
}
