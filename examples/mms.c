/* mms -- pictures and other media: the message is stored with its list of media, a
 * job is enqueued to fetch each of them, and the first picture is sent back.
 *
 *	Twilio: A message comes in -> https://YOUR.HOST/twilio/sms
 *	Try it: offhook send mms --media https://example.com/cat.jpg,image/jpeg
 *
 * Fetching needs the account's credentials and is yours to add to fetch_media (libcurl
 * will do): a media URL asks for them, and forwards to storage that must not see them. */
#include <offhook.h>
#include <string.h>

static json_t *media_list(oh_event *event)
{
	json_t *list = json_array();

	for (size_t n = 0; n < oh_media_count(event); n++)
		json_array_append_new(list, json_pack("{s:s, s:s}",
		    "url", oh_media_url(event, n),
		    "contentType", oh_media_type(event, n)));
	return list;
}

/* What the type says is the sender's claim: good for a reply, not for a file name. */
static int is_picture(const oh_event *event, size_t n)
{
	return strncmp(oh_media_type(event, n), "image/", strlen("image/")) == 0;
}

static int on_message(oh_event *event, oh_twiml *reply)
{
	size_t count = oh_media_count(event);

	oh_insert(event, "album", json_pack("{s:s, s:s, s:s, s:o, s:s}",
	    "messageSid", oh_param(event, "MessageSid"),
	    "from", oh_param(event, "From"),
	    "body", oh_param(event, "Body"),
	    "media", media_list(event),
	    "receivedAt", oh_time(event)));
	for (size_t n = 0; n < count; n++)
		oh_enqueue(event, "fetchMedia", json_pack("{s:s, s:s}",
		    "messageSid", oh_param(event, "MessageSid"), "url", oh_media_url(event, n)));
	if (count == 0) {
		oh_message(reply, "Send us a picture!");
		return OH_OK;
	}
	oh_twiml *message = oh_message(reply, NULL);
	oh_twiml_body(message, oh_format(event, "Got %zu of them. Here is your first one back:", count));
	if (is_picture(event, 0))
		oh_media(message, oh_media_url(event, 0));
	return OH_OK;
}

static int fetch_media(oh_job *job)
{
	oh_log(job, "a medium to fetch", "message", oh_payload_str(job, "messageSid"), NULL);
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {{OH_MESSAGE, "/twilio/sms", .handler = on_message}, {0}};
	static const oh_worker workers[] = {{"fetchMedia", .work = fetch_media, .max_tries = 5}, {0}};
	static const oh_collection collections[] = {{"album", "messageSid"}, {0}};

	return oh_main(argc, argv,
	    &(oh_app){.routes = routes, .workers = workers, .collections = collections});
}
