/* The examples with paths of their own: signature, reminder. */
#include <stdlib.h>
#include <string.h>

#include "talk_jobs.h"

#define ACCOUNT "&AccountSid=ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define MESSAGE(n, body)                                                               \
	"MessageSid=SM0000000000000000000000000000000" n                               \
	"&From=%2B15551234567&To=%2B15559876543" ACCOUNT "&NumMedia=0&Body=" body

/* One request with these header lines; gives the status. */
static int request(
    const struct talk *talk, const char *path, const char *headers, const char *form)
{
	struct answer answer;
	struct buf bytes = {0};
	talk_request(&bytes, path, headers, form);
	talk_once(talk, &answer, &bytes);
	int status = answer.status;
	answer_clear(&answer);
	buf_free(&bytes);
	return status;
}

/* ---- signature ---- */

static void start_signature(struct talk *talk)
{
	(void)setenv("PARTNER_ACME_TOKEN", "acmeacmeacmeacmeacmeacmeacmeacme", 1);
	talk_start_example(talk, "signature");
	(void)unsetenv("PARTNER_ACME_TOKEN");
}

static int partner_request(
    const struct talk *talk, const char *path, const char *token, const char *form)
{
	char signature[64];
	struct buf url = {0};
	buf_printf(&url, TALK_URL "%s", path);
	talk_signature(signature, token, buf_text(&url), form);
	buf_free(&url);
	return request(talk, path, signature, form);
}

TEST(signature_takes_each_partner_by_his_own_token)
{
	static const struct {
		const char *path, *token;
		int status;
	} rows[] = {
	    {"/partners/ACME/sms", "acmeacmeacmeacmeacmeacmeacmeacme", 200},
	    {"/partners/ACME/sms?a=b%20", "acmeacmeacmeacmeacmeacmeacmeacme", 200},
	    {"/partners/ACME/sms", TALK_TOKEN, 403},
	    {"/partners/OTHER/sms", "acmeacmeacmeacmeacmeacmeacmeacme", 403},
	    {"/partners/OTHER/sms", "", 403},
	};
	struct talk talk;
	start_signature(&talk);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = partner_request(
		    &talk, rows[i].path, rows[i].token, MESSAGE("1", "Hi+there"));
		if (status != rows[i].status)
			fail_msg("%s: wants %d, gets %d", rows[i].path, rows[i].status,
			    status);
	}
	assert_int_equal(
	    request(&talk, "/partners/ACME/sms", "", MESSAGE("2", "Hi")), 403);
	assert_int_equal(
	    talk_count(&talk, "partner_messages", "{\"partner\": \"ACME\"}"), 2);
	assert_int_equal(talk_count(&talk, "partner_messages", "{}"), 2);
	talk_end(&talk);
}

/* ---- reminder ---- */

#define KEY "Authorization: Bearer sesame\r\n"

static void start_reminder(struct talk *talk)
{
	(void)setenv("BOOKING_KEY", "sesame", 1);
	talk_start_example(talk, "reminder");
	(void)unsetenv("BOOKING_KEY");
}

TEST(reminder_books_for_whoever_has_the_key)
{
	const char form[] = "phone=%2B15551234567&name=Ann&at=2090-05-06T09%3A30%3A00Z";
	struct talk talk;
	start_reminder(&talk);
	assert_int_equal(request(&talk, "/appointments", "", form), 401);
	assert_int_equal(
	    request(&talk, "/appointments", "Authorization: Bearer guess\r\n", form),
	    401);
	assert_int_equal(
	    request(&talk, "/appointments", KEY, "phone=%2B1555&name=Ann&at=soon"),
	    400);
	assert_int_equal(request(&talk, "/appointments", KEY, form), 201);
	assert_string_equal(
	    talk_field(&talk, "appointments", "{\"name\": \"Ann\"}", "status"), "open");
	talk_await(&talk, "remind", "", 1);
	talk_end(&talk);
}

TEST(reminder_confirms_and_cancels_by_message)
{
	struct talk talk;
	start_reminder(&talk);
	talk_expect_text(&talk, "/twilio/sms", MESSAGE("1", "YES"),
	    "You have no appointment with us.");
	(void)request(&talk, "/appointments", KEY,
	    "phone=%2B15551234567&name=Ann&at=2090-05-06T09%3A30%3A00Z");
	talk_expect_text(&talk, "/twilio/sms", MESSAGE("2", "When%3F"),
	    "Your appointment is at 2090-05-06T09:30:00Z. YES or NO?");
	talk_expect_text(&talk, "/twilio/sms", MESSAGE("3", "Yes%21"),
	    "Your appointment at 2090-05-06T09:30:00Z is confirmed.");
	assert_int_equal(
	    talk_count(&talk, "appointments", "{\"status\": \"confirmed\"}"), 1);
	talk_expect_text(&talk, "/twilio/sms", MESSAGE("4", "no"), "is cancelled.");
	assert_int_equal(
	    talk_count(&talk, "appointments", "{\"status\": \"cancelled\"}"), 1);
	talk_end(&talk);
}

TEST(reminder_keeps_stop_and_forgets_it_at_start)
{
	struct talk talk;
	struct answer answer;
	start_reminder(&talk);
	talk_post(&talk, &answer, "/twilio/sms", MESSAGE("1", "Stop"));
	assert_int_equal(answer.status, 200);
	assert_null(strstr(buf_text(&answer.body), "<Message"));
	answer_clear(&answer);
	assert_int_equal(
	    talk_count(&talk, "optouts", "{\"phone\": \"+15551234567\"}"), 1);
	talk_expect(&talk, "/twilio/sms", MESSAGE("2", "START"), 200);
	assert_int_equal(talk_count(&talk, "optouts", "{}"), 0);
	talk_end(&talk);
}
