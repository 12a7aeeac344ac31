/* The example about jobs: queue. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "talk_jobs.h"

#define ORDER(n, from, item)                                                           \
	"MessageSid=SM0000000000000000000000000000000" n "&From=%2B1555000000" from    \
	"&To=%2B15559876543&NumMedia=0&Body=" item

static void order(const struct talk *talk, const char *form, const char *reply)
{
	talk_expect_text(talk, "/twilio/sms", form, reply);
}

TEST(tea_is_packed_at_the_third_try)
{
	struct talk talk;
	char failed[80];
	talk_start_example(&talk, "queue");
	order(&talk, ORDER("1", "1", "tea"), "Packing your tea");
	json_t *job = talk_job(&talk, "pack", "done");
	/* Its number: the nightly report may be stored before it, or after. */
	(void)snprintf(failed, sizeof(failed),
	    "a job failed queue=pack job=%" PRId64 " try=\"1 of 5\"",
	    job_number(job, "id"));
	assert_true(talk_logged(&talk, failed));
	assert_int_equal(job_number(job, "tries"), 3);
	assert_string_equal(job_error(job, 1), "the carrier does not answer");
	assert_null(job_error(job, 2));
	json_decref(job);
	assert_int_equal(talk_count(&talk, "parcels", "{\"item\": \"tea\"}"), 1);
	talk_end(&talk);
}

TEST(coffee_is_snoozed_and_holds_up_its_customers_next_order)
{
	struct talk talk;
	talk_start_example(&talk, "queue");
	order(&talk, ORDER("1", "1", "coffee"), "Packing your coffee");
	order(&talk, ORDER("2", "1", "milk"), "Packing your milk");
	talk_await(&talk, "pack", "done", 2);
	json_t *parcels = talk_query(&talk, "parcels", "{}");
	const char *first =
	    json_string_value(json_object_get(json_array_get(parcels, 0), "item"));
	assert_int_equal(json_array_size(parcels), 2);
	assert_string_equal(first, "coffee");
	json_decref(parcels);
	talk_end(&talk);
}

TEST(a_unicorn_is_a_dead_letter_until_it_is_sold)
{
	struct talk talk;
	talk_start_example(&talk, "queue");
	order(&talk, ORDER("1", "1", "unicorn"), "Packing your unicorn");
	json_t *job = talk_job(&talk, "pack", "dead");
	assert_string_equal(job_error(job, 0), "we do not sell unicorns");
	assert_true(talk_logged(&talk, "a job was given up"));
	json_decref(job);
	order(&talk, ORDER("2", "2", "add+unicorn"), "Added.");
	talk_command(&talk, (const char *[]){"jobs", "retry", "--state", "dead", NULL});
	talk_await(&talk, "pack", "done", 1);
	assert_int_equal(talk_count(&talk, "parcels", "{\"item\": \"unicorn\"}"), 1);
	talk_end(&talk);
}

TEST(the_nightly_report_stands_in_its_queue)
{
	struct talk talk;
	talk_start_example(&talk, "queue");
	talk_await(&talk, "countParcels", "waiting", 1);
	talk_end(&talk);
}
