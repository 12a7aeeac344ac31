#include "twilio/error_code.h"

#include <stddef.h>
#include <stdlib.h>

struct row {
	long code;
	enum error_retry retry;
	const char *meaning;
};

/* Sorted by code. After 20429 the request was not processed; after 205xx nobody knows. */
static const struct row rows[] = {
    {11751, ERROR_NEVER, "the media file is too large"},
    {20003, ERROR_NEVER, "permission denied: wrong credentials"},
    {20005, ERROR_NEVER, "the account is not active"},
    {20404, ERROR_NEVER, "not found"},
    {20429, ERROR_SLOWER, "too many requests"},
    {20500, ERROR_CHECK, "internal error at Twilio: it may have been done"},
    {20503, ERROR_CHECK, "Twilio was not available: it may have been done"},
    {21211, ERROR_NEVER, "To is not a valid number"},
    {21212, ERROR_NEVER, "From is not a valid number"},
    {21217, ERROR_NEVER, "the number does not look valid"},
    {21408, ERROR_NEVER, "the account may not send to this region"},
    {21602, ERROR_NEVER, "the message has no body"},
    {21603, ERROR_NEVER, "From is missing"},
    {21606, ERROR_NEVER, "From is not a number of this account that can send this"},
    {21608, ERROR_NEVER, "a trial account may send to verified numbers only"},
    {21609, ERROR_NEVER, "the StatusCallback URL is not valid"},
    {21610, ERROR_NEVER,
	"the recipient has opted out (STOP): do not send until they send START"},
    {21611, ERROR_SLOWER, "the queue of this From is full"},
    {21612, ERROR_NEVER, "To cannot be reached from this From"},
    {21614, ERROR_NEVER, "To is not a mobile number"},
    {21617, ERROR_NEVER, "the body is longer than 1600 characters"},
    {21619, ERROR_NEVER, "the message has neither body nor media"},
    {21620, ERROR_NEVER, "a media URL is not valid"},
    {21623, ERROR_NEVER, "the message has more than 10 media"},
    {21659, ERROR_NEVER, "From is not a number of Twilio's, or lacks its country code"},
    {21703, ERROR_NEVER, "the Messaging Service has no number that can send this"},
    {21704, ERROR_NEVER, "the Messaging Service has no number"},
    {30001, ERROR_SLOWER, "the queue overflowed"},
    {30002, ERROR_NEVER, "the account is suspended"},
    {30003, ERROR_LATER, "the handset cannot be reached: off, or without signal"},
    {30004, ERROR_NEVER, "the recipient or the carrier blocks the message"},
    {30005, ERROR_NEVER, "the handset is unknown: the number may not exist"},
    {30006, ERROR_NEVER, "a landline, or a carrier that cannot be reached"},
    {30007, ERROR_NEVER, "filtered by the carrier or by Twilio for its content"},
    {30008, ERROR_ONCE, "unknown error of the carrier"},
    {30009, ERROR_NEVER, "a segment of the incoming message is missing"},
    {30010, ERROR_NEVER, "the price is over MaxPrice"},
    {30011, ERROR_NEVER, "MMS is not supported there: send an SMS"},
    {30012, ERROR_NEVER, "the time to live is too short"},
    {30013, ERROR_NEVER, "the time to live is too long"},
    {30014, ERROR_NEVER, "the list of recipients is empty or too long"},
    {30015, ERROR_NEVER, "To or From is of a channel that is not supported"},
    {30016, ERROR_NEVER, "To and From are of different channels"},
    {30017, ERROR_SLOWER, "the carrier's network is congested"},
    {30018, ERROR_NEVER, "the sender is not registered at the destination"},
    {30019, ERROR_NEVER, "the media is larger than the carrier takes"},
    {30022, ERROR_SLOWER, "over the rate limit of the US A2P 10DLC campaign"},
    {30023, ERROR_LATER,
	"the daily cap of the US A2P 10DLC brand is reached, until midnight Pacific time"},
    {30024, ERROR_NEVER, "the sender is not provisioned at the carrier"},
    {30027, ERROR_LATER,
	"T-Mobile's daily cap is reached, until midnight Pacific time"},
    {30032, ERROR_NEVER, "the toll-free number is not verified"},
    {30033, ERROR_NEVER, "the US A2P 10DLC campaign is suspended"},
    {30034, ERROR_NEVER, "the number is not registered for US A2P 10DLC"},
    {30035, ERROR_LATER, "the US A2P 10DLC number is still being configured"},
    {30036, ERROR_LATER, "the validity period expired: give a longer ValidityPeriod"},
    {30410, ERROR_LATER, "the provider did not answer in time"},
    {30450, ERROR_LATER, "blocked as SMS pumping, for some 30 minutes"},
    {63016, ERROR_NEVER, "WhatsApp: outside of the 24-hour window: send a template"},
    {63018, ERROR_SLOWER, "WhatsApp: over the rate limit"},
    {63024, ERROR_NEVER, "WhatsApp: the recipient is not valid"},
    {63038, ERROR_LATER, "WhatsApp: the daily cap is reached"},
};

static int by_code(const void *key, const void *row)
{
	long code = *(const long *)key;
	long other = ((const struct row *)row)->code;
	return code < other ? -1 : code > other;
}

static const struct row *find(long code)
{
	return bsearch(
	    &code, rows, sizeof(rows) / sizeof(*rows), sizeof(*rows), by_code);
}

enum error_retry error_code_retry(long code)
{
	const struct row *row = find(code);
	return row == NULL ? ERROR_NEVER : row->retry;
}

const char *error_code_meaning(long code)
{
	const struct row *row = find(code);
	return row == NULL ? NULL : row->meaning;
}
