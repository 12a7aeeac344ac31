/* queue -- orders by SMS, packed by a worker: the ways in which a job can end.
 *
 *	Twilio: A message comes in -> https://YOUR.HOST/twilio/sms
 *	Try it: offhook send sms --body tea         the carrier answers at the third attempt
 *	        offhook send sms --body coffee      snoozes until it is back in stock
 *	        offhook send sms --body unicorn     a dead letter at once …
 *	        offhook send sms --body "add unicorn"
 *	        offhook jobs retry --state dead     … which is run again
 *	        offhook jobs */
#include <offhook.h>
#include <string.h>

static int on_sms(oh_event *event, oh_twiml *reply)
{
	const char *from = oh_param(event, "From");
	const char *text = oh_param(event, "Body");

	if (strncmp(text, "add ", 4) == 0) {
		oh_kv_set(event, oh_format(event, "catalogue %s", text + 4), "yes", 0);
		oh_message(reply, "Added.");
		return OH_OK;
	}
	/* A customer's orders are packed one after another, different customers' at once. */
	oh_enqueue(event, "pack", json_pack("{s:s, s:s}", "item", text, "to", from), .group = from);
	oh_message(reply, oh_format(event, "Thanks! Packing your %s.", text));
	return OH_OK;
}

static int pack(oh_job *job)
{
	const char *item = oh_payload_str(job, "item");

	if (strcmp(item, "unicorn") == 0 && oh_kv_get_or(job, "catalogue unicorn", NULL) == NULL)
		return oh_give_up(job, "we do not sell %ss", item);
	if (strcmp(item, "coffee") == 0 && oh_kv_get_or(job, "coffee ordered", NULL) == NULL) {
		oh_kv_set(job, "coffee ordered", oh_time(job), 0);
		return oh_snooze(job, 1);
	}
	if (strcmp(item, "tea") == 0 && oh_job_attempt(job) < 3)
		return oh_fail(job, "the carrier does not answer");
	oh_insert(job, "parcels", json_pack("{s:s, s:s, s:s}",
	    "item", item, "to", oh_payload_str(job, "to"), "packedAt", oh_time(job)));
	return OH_OK;
}

/* Every night, by the clock of the warehouse. */
static int count_parcels(oh_job *job)
{
	oh_insert(job, "reports", json_pack("{s:s, s:I}",
	    "at", oh_payload_str(job, "time"), "parcels", (json_int_t)oh_count(job, "parcels", json_object())));
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {{OH_MESSAGE, "/twilio/sms", .handler = on_sms}, {0}};
	static const oh_worker workers[] = {
	    {"pack", .work = pack, .max_tries = 5, .backoff_min_s = 0.2, .backoff_s = 0.2},
	    {"countParcels", .work = count_parcels, .cron = "0 2 * * *", .zone = "Europe/Stockholm"},
	    {0}};

	return oh_main(argc, argv, &(oh_app){.routes = routes, .workers = workers});
}
