/* Commands find their server and its store without being told where they are. */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A directory in which somebody works: the current one, until left. */
struct place {
	char dir[64], before[512];
};

static void place_enter(struct place *place)
{
	*place = (struct place){.dir = "/tmp/offhook-test-XXXXXX"};
	assert_non_null(mkdtemp(place->dir));
	assert_non_null(getcwd(place->before, sizeof(place->before)));
	assert_int_equal(chdir(place->dir), 0);
}

static void place_leave(struct place *place)
{
	char command[96];
	assert_int_equal(chdir(place->before), 0);
	(void)snprintf(command, sizeof(command), "rm -rf %s", place->dir);
	assert_int_equal(system(command), 0);
}

__attribute__((format(printf, 2, 3))) static void place_write(
    const char *name, const char *format, ...)
{
	va_list args;
	FILE *file = fopen(name, "w");
	assert_non_null(file);
	va_start(args, format);
	(void)vfprintf(file, format, args);
	va_end(args);
	assert_int_equal(fclose(file), 0);
}

/* Runs words; asserts the exit code, and the text in what it prints. */
static void expect_run(const char *const *words, int code, const char *says)
{
	struct buf out = {0}, err = {0};
	int got = talk_run(&out, &err, words);
	buf_put(&out, buf_span(&err));
	if (got != code || strstr(buf_text(&out), says) == NULL)
		fail_msg("offhook %s: wants %d and %s, gets %d and %s", words[0], code,
		    says, got, buf_text(&out));
	buf_free(&out);
	buf_free(&err);
}

static const char *const send_sms[] = {"send", "sms", NULL};

/* faults 5.6: the settings of the file, of .env and of the environment */
TEST(send_goes_where_the_settings_say)
{
	static const char *const prefixed[] = {
	    "--public-url", "https://example.com/phone", NULL};
	struct place place;
	struct talk talk;
	talk_start(&talk, prefixed);
	place_enter(&place);
	place_write("offhook.conf", "listen = %s\npublic-url = %s/phone\n",
	    talk.address, TALK_URL);
	expect_run(send_sms, 0, "Thanks for your message");
	expect_run((const char *const[]){"send", "call", "--method", "GET", NULL}, 0,
	    "Thank you");
	/* .env wins over the file, the environment over .env. */
	place_write("offhook.conf", "listen = 127.0.0.1:1\n");
	place_write(".env", "OFFHOOK_LISTEN=%s\nOFFHOOK_PUBLIC_URL=%s/phone\n",
	    talk.address, TALK_URL);
	expect_run(send_sms, 0, "Thanks for your message");
	place_write(".env", "OFFHOOK_LISTEN=127.0.0.1:1\nOFFHOOK_PUBLIC_URL=%s/phone\n",
	    TALK_URL);
	(void)setenv("OFFHOOK_LISTEN", talk.address, 1);
	expect_run(send_sms, 0, "Thanks for your message");
	(void)unsetenv("OFFHOOK_LISTEN");
	place_leave(&place);
	talk_end(&talk);
}

/* faults 5.6: beside a server that was started with options */
TEST(send_asks_the_server_of_the_data_directory)
{
	struct place place;
	struct talk talk;
	talk_start(&talk, NULL);
	place_enter(&place);
	expect_run((const char *const[]){"send", "sms", "--data", talk.data, NULL}, 0,
	    "Thanks for your message");
	place_write("offhook.conf", "data = %s\nlisten = 127.0.0.1:0\n", talk.data);
	expect_run(send_sms, 0, "Thanks for your message");
	expect_run((const char *const[]){"send", "status", "--url",
		       "/twilio/sms/status", NULL},
	    0, "204");
	expect_run((const char *const[]){"events", NULL}, 0, "sms.received");
	talk_stop(&talk);
	expect_run(send_sms, 1, "names no port to find one at");
	place_leave(&place);
	talk_end(&talk);
}

/* faults 5.6: dev */
TEST(commands_find_the_server_and_the_data_of_dev)
{
	char command[900];
	struct place place;
	(void)setenv("PKG_CONFIG_PATH", PKGCONFIG_DIR, 1);
	(void)setenv("CC", C_COMPILER, 1);
	place_enter(&place);
	place_write("app.c",
	    "#include <offhook.h>\n"
	    "static int on_sms(oh_event *event, oh_twiml *reply)\n"
	    "{\n"
	    "	oh_insert(event, \"runs\", json_pack(\"{s:s}\", \"sid\", oh_sid(event)));\n"
	    "	oh_message(reply, \"from dev\");\n"
	    "	return OH_OK;\n"
	    "}\n"
	    "int main(int argc, char **argv)\n"
	    "{\n"
	    "	static const oh_route routes[] = {\n"
	    "	    {OH_MESSAGE, \"/twilio/sms\", on_sms}, {0}};\n"
	    "	return oh_main(argc, argv, &(oh_app){.routes = routes});\n"
	    "}\n");
	(void)snprintf(command, sizeof(command),
	    "unset TWILIO_AUTH_TOKEN; %s dev --listen 127.0.0.1:0 --public-url "
	    "https://dev.example/x 2>log & dev=$!; "
	    "until grep -q 'listening on' log; do kill -0 $dev || exit 1; sleep 0.1; done; "
	    "{ %s send sms && %s events && %s query && %s index runs sid && "
	    "%s forget +15551234567 --yes && %s jobs stats && %s verify --url http://x/ "
	    "--signature x; } >out 2>&1; "
	    "kill $dev; wait $dev && %s events >>out 2>&1",
	    OFFHOOK_BIN, OFFHOOK_BIN, OFFHOOK_BIN, OFFHOOK_BIN, OFFHOOK_BIN,
	    OFFHOOK_BIN, OFFHOOK_BIN, OFFHOOK_BIN, OFFHOOK_BIN);
	int code = system(command);
	code |=
	    system("for text in 'from dev' sms.received runs 'indexed by' 'erased: ' "
		   "'no queues yet' 'not genuine'; do grep -q \"$text\" out || { "
		   "echo \"# no $text\"; cat out log; exit 1; }; done");
	assert_int_equal(code, 0);
	place_leave(&place);
}

/* faults 5.6: what was chosen is said when it fails */
TEST(a_server_that_is_not_there_is_named_with_its_source)
{
	struct place place;
	place_enter(&place);
	expect_run(send_sms, 1, "taken from the defaults");
	expect_run((const char *const[]){"events", NULL}, 1,
	    "nothing says where the store is");
	place_write(
	    "offhook.conf", "# a comment\n\nlisten = 127.0.0.1:1\ndata = gone\n");
	expect_run(send_sms, 1, "127.0.0.1:1");
	expect_run(send_sms, 1, "taken from offhook.conf:3");
	expect_run(
	    (const char *const[]){"query", NULL}, 1, "taken from offhook.conf:4");
	expect_run((const char *const[]){"index", "a", "b", NULL}, 1,
	    "taken from offhook.conf:4");
	place_write(".env", "PORT=1\nOFFHOOK_DATA=away\n");
	place_write("offhook.conf", "listen = [::1]:1\n");
	expect_run(send_sms, 1, "http://[::1]:1");
	place_write("offhook.conf", "listen = [::]:1\n");
	expect_run(send_sms, 1, "http://[::1]:1");
	place_write("offhook.conf", "threads = 1\n");
	expect_run(send_sms, 1, "taken from PORT in .env");
	expect_run(
	    (const char *const[]){"jobs", NULL}, 1, "taken from OFFHOOK_DATA in .env");
	place_write(".env", "OFFHOOK_LISTN=:1\n");
	expect_run(send_sms, 1, "did you mean OFFHOOK_LISTEN");
	place_leave(&place);
}

/* faults 5.6: another server than the settings say */
TEST(a_server_that_listens_elsewhere_is_pointed_at)
{
	struct place place;
	struct talk talk;
	talk_start(&talk, NULL);
	place_enter(&place);
	place_write("offhook.conf", "data = %s\nlisten = 127.0.0.1:1\n", talk.data);
	expect_run(send_sms, 1, "give --connect 127.0.0.1:");
	place_write("offhook.conf", "data = %s\npublic-url = https://other.example\n",
	    talk.data);
	expect_run(send_sms, 1,
	    "signed as a call of https://other.example (taken from "
	    "offhook.conf:2)");
	place_leave(&place);
	talk_end(&talk);
}
