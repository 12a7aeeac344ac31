/* Another build of the app comes in under load: no request fails, none runs in both,
 * and its routes are served. Runs the server in this process. */
#include "conversation.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "host/host.h"

static int on_sms(oh_event *event, oh_twiml *reply)
{
	(void)oh_insert(event, "runs",
	    json_pack("{s:s, s:s}", "sid", oh_sid(event), "build", "first"));
	(void)oh_message(reply, "first");
	return OH_OK;
}

static const oh_route routes[] = {
    {.kind = OH_MESSAGE, .path = "/sms", .handler = on_sms}, {0}};

static const oh_app first = {.routes = routes};

struct here {
	struct talk talk;
	struct config config;
	struct app *app;
};

enum { CLIENTS = 3, SWAPS = 6 };

struct client {
	struct here *here;
	int number, sent, wrong;
	atomic_bool *stop;
	pthread_t thread;
};

static void *client_main(void *arg)
{
	struct client *client = arg;
	while (!atomic_load(client->stop)) {
		char form[100];
		struct answer answer;
		(void)snprintf(form, sizeof(form),
		    "MessageSid=SM%d_%d&From=%%2B%d&To=%%2B9&Body=x", client->number,
		    client->sent, client->sent);
		talk_post(&client->here->talk, &answer, "/sms", form);
		client->sent++;
		client->wrong += answer.status != 200;
		answer_clear(&answer);
	}
	return NULL;
}

static void expect_status(
    const struct here *here, const char *path, const char *sid, int status)
{
	char form[100];
	(void)snprintf(form, sizeof(form), "MessageSid=%s&From=%%2B1&To=%%2B9", sid);
	talk_expect(&here->talk, path, form, status);
}

TEST(swaps_under_load_fail_nothing_and_run_nothing_twice)
{
	struct here *here = *state;
	atomic_bool stop = false;
	struct client clients[CLIENTS];
	int sent = 0;
	int wrong = 0;
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){.here = here, .number = i, .stop = &stop};
		assert_int_equal(
		    pthread_create(&clients[i].thread, NULL, client_main, &clients[i]),
		    0);
	}
	for (int i = 0; i < SWAPS; i++) {
		struct error err = {0};
		(void)usleep(100000);
		if (app_swap(here->app,
			i % 2 == 0 ? APPS_DIR "/build_b" : APPS_DIR "/build_a",
			&err) < 0)
			fail_msg("%s", err.text);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < CLIENTS; i++) {
		(void)pthread_join(clients[i].thread, NULL);
		sent += clients[i].sent;
		wrong += clients[i].wrong;
	}
	assert_int_equal(wrong, 0);
	assert_int_equal(talk_count(&here->talk, "runs", "{}"), sent);
}

TEST(a_new_builds_routes_are_served_and_the_gone_ones_are_not)
{
	struct here *here = *state;
	struct error err = {0};
	assert_int_equal(app_swap(here->app, APPS_DIR "/build_b", &err), 0);
	expect_status(here, "/more", "SMmore1", 200);
	assert_int_equal(app_swap(here->app, APPS_DIR "/build_a", &err), 0);
	expect_status(here, "/more", "SMmore2", 404);
	expect_status(here, "/sms", "SMmore3", 200);
}

TEST(a_build_that_does_not_start_changes_nothing)
{
	struct here *here = *state;
	struct error err = {0};
	assert_int_equal(app_swap(here->app, APPS_DIR "/build_b", &err), 0);
	assert_int_equal(app_swap(here->app, "/bin/false", &err), -1);
	assert_non_null(strstr(err.text, "before it was ready"));
	assert_int_equal(app_swap(here->app, "/nonexistent", &err), -1);
	assert_int_equal(app_swap(here->app, APPS_DIR "/wrong_route", &err), -1);
	assert_non_null(strstr(err.text, "\"/orders/:\": a parameter needs a name"));
	expect_status(here, "/more", "SMstays", 200);
}

static int start(void **state)
{
	static struct here here;
	struct error err = {0};
	static char token[] = "TWILIO_AUTH_TOKEN=" TALK_TOKEN;
	char *const environment[] = {token, NULL};
	(void)snprintf(
	    here.talk.dir, sizeof(here.talk.dir), "/tmp/offhook-test-XXXXXX");
	if (mkdtemp(here.talk.dir) == NULL)
		return -1;
	(void)snprintf(
	    here.talk.data, sizeof(here.talk.data), "%s/data", here.talk.dir);
	const struct config_flag flags[] = {{"listen", "127.0.0.1:0"},
	    {"data", here.talk.data}, {"public-url", TALK_URL}, {"log-level", "error"}};
	struct config_input input = {.flags = flags,
	    .flag_count = sizeof(flags) / sizeof(flags[0]),
	    .environment = environment};
	if (config_load(&here.config, &input, &err) < 0)
		return -1;
	log_setup(here.config.log_format, here.config.log_level);
	if (app_open(&here.app, &here.config, &first, &err) < 0) {
		print_error("%s\n", err.text);
		return -1;
	}
	(void)snprintf(
	    here.talk.address, sizeof(here.talk.address), "%s", app_address(here.app));
	*state = &here;
	return 0;
}

static int stop(void **state)
{
	struct here *here = *state;
	app_close(here->app);
	config_clear(&here->config);
	talk_end(&here->talk);
	return 0;
}

TEST_GROUP(start, stop)

int main(void)
{
	if (host_wanted())
		return host_run(&first);
	return test_run();
}
