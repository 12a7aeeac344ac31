/* An app whose updates have regular expressions that take too long. */
#include <offhook.h>

#define TEXT "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"

static int on_fill(oh_event *event, oh_twiml *reply)
{
	for (int i = 0; i < 100; i++)
		oh_insert(event, "texts", json_pack("{s:s, s:i}", "t", TEXT, "n", i));
	oh_message(reply, "filled");
	return OH_OK;
}

static json_t *filter(const char *pattern)
{
	return json_pack("{s:{s:s}}", "t", "$regex", pattern);
}

static int on_evil(oh_event *event, oh_twiml *reply)
{
	int64_t count = oh_update(event, "texts", filter("(a+)+$|b"),
	    json_pack("{s:{s:i}}", "$set", "done", 1));
	oh_message(reply, oh_format(event, "changed %lld", (long long)count));
	return OH_OK;
}

static int on_find(oh_event *event, oh_twiml *reply)
{
	json_t *found = oh_find(event, "texts", filter("(a|aa)+$"), NULL, 0);
	oh_message(reply, oh_format(event, "found %zu", json_array_size(found)));
	json_decref(found);
	return OH_OK;
}

static int on_good(oh_event *event, oh_twiml *reply)
{
	int64_t count = oh_update(event, "texts", filter("^a+c$"),
	    json_pack("{s:{s:i}}", "$inc", "done", 1));
	oh_message(reply, oh_format(event, "changed %lld", (long long)count));
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_MESSAGE, "/fill", .handler = on_fill},
	    {OH_MESSAGE, "/evil", .handler = on_evil},
	    {OH_MESSAGE, "/find", .handler = on_find},
	    {OH_MESSAGE, "/good", .handler = on_good},
	    {0},
	};
	return oh_main(argc, argv, &(oh_app){.routes = routes});
}
