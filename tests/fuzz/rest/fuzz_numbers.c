/* What Twilio's API sends: SIDs and next pages that are taken fit into a path, texts and
 * errors are printable. */
#include "fuzz/fuzz.h"
#include "rest/api_error.h"
#include "rest/numbers.h"

#define ACCOUNT "AC00000000000000000000000000000001"

static void look_at_text(const char *text)
{
	for (; *text != '\0'; text++)
		must((unsigned char)*text >= ' ' && *text != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span json = {(const char *)data, size};
	struct numbers *numbers = numbers_new();
	struct error err;
	if (numbers_read(numbers, ACCOUNT, json, &err) < 0)
		look_at_text(err.text);
	else if (numbers->next != NULL)
		must(span_starts(
			 span_of(numbers->next), SPAN("/2010-04-01/Accounts/" ACCOUNT
						      "/IncomingPhoneNumbers.json?")) &&
		     strchr(numbers->next, ' ') == NULL);
	for (size_t i = 0; i < numbers->count; i++) {
		must(strlen(numbers->rows[i].sid) == 34);
		must(strpbrk(numbers->rows[i].sid, "/?#%. ") == NULL);
		look_at_text(numbers->rows[i].number);
		look_at_text(numbers->rows[i].sms_url);
		look_at_text(numbers->rows[i].trunk);
	}
	numbers_free(numbers);
	(void)api_error_tell(size % 2 == 0 ? 401 : 400, json, &err);
	look_at_text(err.text);
	return 0;
}
