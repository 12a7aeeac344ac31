/* rogue -- handlers that do what no handler should, when a message's body says so. */
#include <offhook.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No NULL: sanitizers would catch that themselves. */
static int *volatile nowhere = (int *)sizeof(int);

__attribute__((noinline)) static void crash_here(void)
{
	*nowhere = 1;
}

/* Takes address space, which is what is limited, and hardly any memory. */
static void leak(void)
{
	for (int i = 0; i < 4096; i++) {
		char *volatile more = malloc(1 << 20);
		*more = 1; /* NULL at its limit */
	}
	abort(); /* where there is no limit, as under a sanitizer */
}

/* Bytes that break lines, JSON and UTF-8. */
static void say(oh_event *event)
{
	oh_log(event, "odd \x01 \xff \"quoted\" \xc2\x9b\nline", "msg", "mine", "msg",
	    "again", "request_id", "x\xff", "\xfe key\"", "v\\", NULL);
	printf("printed \xff \x1b[31m {\n");
	fputs("\nwithout an end", stderr);
}

static void misbehave(oh_event *event, const char *body)
{
	int number = 0;
	if (strcmp(body, "crash") == 0)
		crash_here();
	else if (strcmp(body, "abort") == 0)
		abort();
	else if (strcmp(body, "leak") == 0)
		leak();
	else if (strcmp(body, "exit") == 0)
		exit(3);
	else if (strcmp(body, "log") == 0)
		while (number++ < 100000)
			oh_log(event, "again and again", NULL);
	else if (strcmp(body, "terminate") == 0)
		raise(SIGTERM);
	else if (strcmp(body, "say") == 0)
		say(event);
	else if (sscanf(body, "sleep %d", &number) == 1)
		usleep((useconds_t)number * 1000);
}

static int on_sms(oh_event *event, oh_twiml *reply)
{
	const char *body = oh_param(event, "Body");
	oh_insert(event, "seen", json_pack("{s:s, s:s}", "sid", oh_sid(event), "body", body));
	misbehave(event, body);
	oh_message(reply, oh_format(event, "Fine: %s", oh_sid(event)));
	return OH_OK;
}

/* Its number among those of its sender: only right when they come one by one. */
static int on_ordered(oh_event *event, oh_twiml *reply)
{
	const char *from = oh_param(event, "From");
	int64_t before = oh_count(event, "ordered", json_pack("{s:s}", "from", from));
	oh_insert(event, "ordered", json_pack("{s:s, s:I}", "from", from, "n", (json_int_t)before));
	oh_message(reply, oh_format(event, "%lld", (long long)before));
	return OH_OK;
}

/* Counts with a field that another handler may be changing. */
static int on_open(oh_event *event, oh_twiml *reply)
{
	const char *id = oh_path_param(event, "id");
	(void)reply;
	oh_insert(event, "opened", json_pack("{s:s}", "id", id));
	oh_reply(event, 200, "text/plain", id);
	return OH_OK;
}

/* Answers that Twilio cannot use. */
static int on_odd(oh_event *event, oh_twiml *reply)
{
	const char *what = oh_path_param(event, "what");
	(void)reply;
	if (strcmp(what, "xml") == 0)
		oh_reply(event, 200, "text/xml", "<Response>");
	else if (strcmp(what, "json") == 0)
		oh_reply(event, 200, "application/json", "{}");
	else
		oh_reply(event, atoi(what), "text/plain", "odd");
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_MESSAGE, "/sms", .handler = on_sms,
		.fallback = "<Response><Message>Try later, {{From}}</Message></Response>"},
	    {OH_MESSAGE, "/slow", .handler = on_sms, .deadline_s = 1},
	    {OH_MESSAGE, "/ordered", .handler = on_ordered},
	    {OH_SIGNED, "/odd/:what", .handler = on_odd},
	    {OH_UNSIGNED, "/open/:id", .handler = on_open, .methods = "GET PUT"},
	    {0},
	};
	return oh_main(argc, argv, &(oh_app){.routes = routes});
}
