#include "test.h"

#include "offhook.h"

TEST(each_answer_of_twilio_says_whether_to_send_again)
{
	static const struct {
		int64_t code;
		enum oh_error_advice want;
	} rows[] = {
	    {30003, OH_RETRY_LATER},  /* the handset is off */
	    {20429, OH_RETRY_SLOWER}, /* too many requests */
	    {30008, OH_RETRY_ONCE},   /* an unknown error of the carrier */
	    {20500, OH_RETRY_CHECK},  /* it may have been sent */
	    {21610, OH_RETRY_NEVER},  /* the recipient has opted out */
	    {0, OH_RETRY_NEVER}, {-1, OH_RETRY_NEVER},
	    {99999, OH_RETRY_NEVER}, /* unknown */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (oh_error_advice(rows[i].code) != rows[i].want)
			fail_msg("%lld: got %d, want %d", (long long)rows[i].code,
			    (int)oh_error_advice(rows[i].code), (int)rows[i].want);
}
