/* `offhook setup`: by options, at a terminal, again, and with a phone number at Twilio. */
#include "conversation.h"

#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "twilio_api.h"
#include "util/mem.h"
#include "util/text.h"

enum { PATIENCE_MS = 20000 };

#define OV "#rc=2&rp=5xx,rt,ct"

/* A directory of its own, with the settings file and the data that setup makes. */
struct place {
	char dir[64], conf[96], data[96];
};

static void place_make(struct place *place)
{
	(void)snprintf(place->dir, sizeof(place->dir), "/tmp/offhook-test-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	(void)snprintf(place->conf, sizeof(place->conf), "%s/offhook.conf", place->dir);
	(void)snprintf(place->data, sizeof(place->data), "%s/data", place->dir);
}

/* No file but the sealed ones may have the token, and these have it sealed. */
static void place_end(struct place *place)
{
	char *grep = mem_printf("grep -rqF %s %s", TALK_TOKEN, place->dir);
	char *erase = mem_printf("rm -rf %s", place->dir);
	assert_int_not_equal(system(grep), 0);
	assert_int_equal(system(erase), 0);
	free(grep);
	free(erase);
}

/* `offhook setup` with these words, file and data; all that it prints. */
static int setup(struct buf *out, const struct place *place, const char *const *words)
{
	struct buf err = {0};
	const char *all[24] = {"setup", "--config", place->conf, "--data", place->data};
	for (size_t i = 0; words[i] != NULL; i++)
		all[i + 5] = words[i];
	buf_clear(out);
	int code = talk_run(out, &err, all);
	buf_put(out, buf_span(&err));
	buf_free(&err);
	assert_null(strstr(buf_text(out), TALK_TOKEN));
	return code;
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void expect(const struct buf *out, const char *text)
{
	if (strstr(buf_text(out), text) == NULL)
		fail_msg("\"%s\" is not in\n%s", text, buf_text(out));
}

static void expect_file(const char *path, const char *want)
{
	size_t len = 0;
	char *text = text_read_file(path, 65536, &len);
	assert_non_null(text);
	assert_string_equal(text, want);
	free(text);
}

static void save(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

TEST(options_become_a_file_and_the_token_is_sealed)
{
	struct place place;
	struct buf out = {0};
	struct stat info;
	place_make(&place);
	assert_int_equal(
	    setup(&out, &place, WORDS("--public-url", TALK_URL, "--offline")), 0);
	expect(&out, "TWILIO_AUTH_TOKEN is sealed in ");
	expect(&out, " serve --config ");
	char *want = mem_printf("public-url = " TALK_URL "\ndata = %s\n", place.data);
	expect_file(place.conf, want);
	assert_int_equal(stat(place.conf, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	/* Without the variable, the settings are whole. */
	char *line = mem_printf("env -u TWILIO_AUTH_TOKEN %s config check --config %s",
	    OFFHOOK_BIN, place.conf);
	assert_int_equal(system(line), 0);
	/* Again: nothing is left to change. */
	assert_int_equal(
	    setup(&out, &place, WORDS("--public-url", TALK_URL, "--offline")), 0);
	expect(&out, "stays as it is");
	assert_null(strstr(buf_text(&out), "is sealed"));
	assert_int_equal(setup(&out, &place, WORDS("--offline")), 0);
	expect(&out, "stays as it is");
	expect_file(place.conf, want);
	free(line);
	free(want);
	buf_free(&out);
	place_end(&place);
}

TEST(a_file_that_is_there_is_changed_by_force_alone_and_one_line_of_it)
{
	struct place place;
	struct buf out = {0};
	struct stat info;
	place_make(&place);
	save(place.conf, "# mine\nthreads = 3\n#public-url = https://x\n");
	assert_int_equal(chmod(place.conf, 0644), 0);
	assert_int_equal(
	    setup(&out, &place, WORDS("--public-url", TALK_URL, "--offline")), 1);
	expect(&out, "is there already");
	expect(&out, "  public-url = " TALK_URL);
	expect(&out, "give --force");
	expect_file(place.conf, "# mine\nthreads = 3\n#public-url = https://x\n");
	assert_int_equal(setup(&out, &place,
			     WORDS("--public-url", TALK_URL, "--offline", "--force")),
	    0);
	char *want = mem_printf(
	    "# mine\nthreads = 3\npublic-url = " TALK_URL "\ndata = %s\n", place.data);
	expect_file(place.conf, want);
	assert_int_equal(stat(place.conf, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0644);
	free(want);
	buf_free(&out);
	place_end(&place);
}

TEST(a_token_in_the_file_is_not_shadowed_by_one_that_would_never_count)
{
	static const char text[] = "auth-token = 00000000000000000000000000000007\n";
	struct place place;
	struct buf out = {0};
	place_make(&place);
	save(place.conf, text);
	assert_int_equal(chmod(place.conf, 0600), 0);
	assert_int_equal(setup(&out, &place,
			     WORDS("--public-url", TALK_URL, "--offline", "--force")),
	    1);
	expect(&out, "sets auth-token, which counts before what is sealed");
	expect_file(place.conf, text);
	assert_int_equal(access(place.data, F_OK), -1);
	buf_free(&out);
	place_end(&place);
}

TEST(a_script_is_told_what_is_missing)
{
	struct place place;
	struct buf out = {0};
	place_make(&place);
	assert_int_equal(setup(&out, &place, WORDS("--offline")), 2);
	expect(&out, "--public-url");
	assert_int_equal(access(place.conf, F_OK), -1);
	char *line =
	    mem_printf("env -u TWILIO_AUTH_TOKEN %s setup --config %s --data %s "
		       "--public-url " TALK_URL
		       " --offline 2>&1 </dev/null | grep -q TWILIO_AUTH_TOKEN",
		OFFHOOK_BIN, place.conf, place.data);
	assert_int_equal(system(line), 0);
	assert_int_equal(access(place.conf, F_OK), -1);
	free(line);
	assert_int_equal(
	    setup(&out, &place, WORDS("--public-url", "nonsense", "--offline")), 2);
	expect(&out, "a public URL begins with https://");
	assert_int_equal(
	    setup(&out, &place,
		WORDS("--public-url", TALK_URL, "--offline", "--account-sid", "AC1")),
	    2);
	expect(&out, "TWILIO_ACCOUNT_SID is not an account's SID");
	assert_int_equal(setup(&out, &place,
			     WORDS("--public-url", TALK_URL, "--offline",
				 "--alert-command", "echo #1")),
	    1);
	expect(&out, "a settings file cannot say");
	assert_int_equal(access(place.conf, F_OK), -1);
	assert_int_equal(
	    setup(&out, &place, WORDS("--acme", "hooks.example.com", "--offline")), 0);
	char *want = mem_printf("listen = :443\nredirect-listen = :80\nacme = "
				"hooks.example.com\ndata = %s\n",
	    place.data);
	expect_file(place.conf, want);
	free(want);
	buf_free(&out);
	place_end(&place);
}

TEST(a_number_is_set_at_twilio_once)
{
	struct place place;
	struct buf out = {0};
	struct twilio_api api = {.password = TALK_TOKEN};
	api.pages[0] = api_number(1, "+15550001", "https://demo.twilio.com/",
	    "https://demo.twilio.com/", NULL);
	place_make(&place);
	api_start(&api);
	(void)setenv("TWILIO_API_URL", api.url, 1);
	const char *const *words = WORDS("--public-url", TALK_URL, "--offline",
	    "--account-sid", API_ACCOUNT, "--set-number", "+15550001");
	assert_int_equal(setup(&out, &place, words), 0);
	expect(&out, "https://demo.twilio.com/\n");
	expect(&out, "-> " TALK_URL "/twilio/sms" OV);
	expect(&out, "has Twilio try twice more");
	expect(&out, "+15550001 leads here now");
	assert_true(api_was_asked(
	    &api, "POST /2010-04-01/Accounts/" API_ACCOUNT "/IncomingPhoneNumbers/PN"));
	assert_true(api_was_asked(&api,
	    "SmsUrl=https%3A%2F%2Fexample.com%2Ftwilio%2Fsms%23rc%3D2%26rp%3D5xx%2Crt%"
	    "2Cct&SmsMethod=POST"));
	assert_true(api_was_asked(&api, "VoiceUrl=https%3A%2F%2Fexample.com%2Ftwilio%"
					"2Fvoice%23rc"));
	assert_true(api_was_asked(&api, "StatusCallback=https%3A%2F%2Fexample.com%"
					"2Ftwilio%2Fvoice%2Fstatus%23rc"));
	assert_true(api_was_asked(
	    &api, "SmsFallbackUrl=https%3A%2F%2Fexample.com%2Ftwilio%2Ffallback&"));
	/* The sealed account is enough the next time. */
	api_lists(
	    &api, api_number(2, "+15550001", TALK_URL "/twilio/sms" OV,
		      TALK_URL "/twilio/voice" OV, TALK_URL "/twilio/voice/status" OV));
	assert_int_equal(
	    setup(&out, &place, WORDS("--offline", "--set-number", "+15550001")), 0);
	expect(&out, "+15550001 leads here already");
	assert_false(api_was_asked(&api, "POST "));
	assert_int_equal(
	    setup(&out, &place, WORDS("--offline", "--set-number", "+1555")), 1);
	expect(&out, "the account has no such number");
	(void)unsetenv("TWILIO_API_URL");
	api_stop(&api);
	buf_free(&out);
	place_end(&place);
}

TEST(a_number_that_cannot_be_set_is_said_to)
{
	struct place place;
	struct buf out = {0};
	struct twilio_api api = {.password = "another"};
	place_make(&place);
	api_start(&api);
	(void)setenv("TWILIO_API_URL", api.url, 1);
	assert_int_equal(
	    setup(&out, &place,
		WORDS("--public-url", TALK_URL, "--offline", "--set-number", "+1555")),
	    1);
	expect(&out, "--set-number needs TWILIO_ACCOUNT_SID");
	const char *const *words = WORDS(
	    "--offline", "--account-sid", API_ACCOUNT, "--set-number", "+15550001");
	assert_int_equal(setup(&out, &place, words), 1);
	expect(&out, "Twilio refuses the credentials (401)");
	api_answers(&api, 200, "<html></html>");
	assert_int_equal(setup(&out, &place, words), 1);
	expect(&out, "something else than a list of numbers");
	api_stop(&api);
	assert_int_equal(setup(&out, &place, words), 1);
	expect(&out, "the account's numbers: http://127.0.0.1:");
	(void)unsetenv("TWILIO_API_URL");
	buf_free(&out);
	place_end(&place);
}

TEST(what_would_lose_webhooks_is_said_and_is_exit_1)
{
	struct place place;
	struct buf out = {0};
	struct twilio_api api = {0};
	place_make(&place);
	api_start(&api);
	(void)setenv("TWILIO_API_URL", api.url, 1);
	assert_int_equal(setup(&out, &place,
			     WORDS("--public-url", "https://nowhere.invalid",
				 "--listen", api.url + strlen("http://"))),
	    1);
	expect(&out, "error    dns: nowhere.invalid does not resolve");
	expect(&out, "error    ports: listen: ");
	expect(&out, "ok       clock: ");
	assert_false(api_was_asked(&api, "Authorization"));
	(void)unsetenv("TWILIO_API_URL");
	api_stop(&api);
	buf_free(&out);
	place_end(&place);
}

/* ---- at a terminal ---- */

struct terminal {
	int fd;
	pid_t pid;
	struct buf shown;
};

static void terminal_start(struct terminal *terminal, const struct place *place)
{
	*terminal = (struct terminal){0};
	terminal->pid = forkpty(&terminal->fd, NULL, NULL, NULL);
	assert_true(terminal->pid >= 0);
	if (terminal->pid == 0) {
		(void)unsetenv("TWILIO_AUTH_TOKEN");
		execl(OFFHOOK_BIN, "offhook", "setup", "--config", place->conf,
		    "--data", place->data, "--offline", (char *)NULL);
		_exit(127);
	}
}

/* Reads until the terminal shows it, NULL: until the program has ended; then types. */
static void terminal_talk(
    struct terminal *terminal, const char *until, const char *types)
{
	struct pollfd ready = {.fd = terminal->fd, .events = POLLIN};
	while (until == NULL || strstr(buf_text(&terminal->shown), until) == NULL) {
		char bytes[1024];
		if (poll(&ready, 1, PATIENCE_MS) != 1)
			fail_msg("no \"%s\" in: %s", until != NULL ? until : "end",
			    buf_text(&terminal->shown));
		ssize_t n = read(terminal->fd, bytes, sizeof(bytes));
		if (n <= 0 && until == NULL)
			return;
		if (n <= 0)
			fail_msg("no \"%s\" in: %s", until != NULL ? until : "end",
			    buf_text(&terminal->shown));
		buf_add(&terminal->shown, bytes, (size_t)n);
	}
	buf_clear(&terminal->shown);
	if (types != NULL)
		assert_int_equal(
		    write(terminal->fd, types, strlen(types)), strlen(types));
}

static int terminal_end(struct terminal *terminal)
{
	int status = -1;
	terminal_talk(terminal, NULL, NULL);
	assert_int_equal(waitpid(terminal->pid, &status, 0), terminal->pid);
	assert_null(strstr(buf_text(&terminal->shown), TALK_TOKEN));
	(void)close(terminal->fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(a_person_is_asked_and_the_token_is_not_shown)
{
	struct place place;
	struct terminal terminal;
	struct twilio_api api = {.password = TALK_TOKEN};
	api.pages[0] =
	    api_number(1, "+15550001", "https://demo.twilio.com/", NULL, NULL);
	place_make(&place);
	api_start(&api);
	(void)setenv("TWILIO_API_URL", api.url, 1);
	terminal_start(&terminal, &place);
	terminal_talk(&terminal, "What will Twilio call?", "ftp://x\n");
	terminal_talk(&terminal, "What will Twilio call?", "hooks.example.com\n");
	terminal_talk(&terminal, "[Y/n] ", "n\n");
	terminal_talk(&terminal, "not shown): ", TALK_TOKEN "\n");
	terminal_talk(&terminal, "SID (AC", "AC12\n");
	terminal_talk(&terminal, "SID (AC", API_ACCOUNT "\n");
	terminal_talk(&terminal, "Which one is to lead here?", "+15550001\n");
	terminal_talk(&terminal, "Set these at Twilio? [y/N] ", "y\n");
	assert_int_equal(terminal_end(&terminal), 0);
	expect(&terminal.shown, "+15550001 leads here now");
	char *want = mem_printf(
	    "public-url = https://hooks.example.com\ndata = %s\n", place.data);
	expect_file(place.conf, want);
	assert_true(api_was_asked(&api, "POST "));
	free(want);
	buf_free(&terminal.shown);
	(void)unsetenv("TWILIO_API_URL");
	api_stop(&api);
	place_end(&place);
}

TEST(a_domain_of_its_own_gets_a_certificate_and_a_no_changes_nothing)
{
	struct place place;
	struct terminal terminal;
	place_make(&place);
	terminal_start(&terminal, &place);
	terminal_talk(&terminal, "What will Twilio call?", "hooks.example.com\n");
	terminal_talk(&terminal, "[Y/n] ", "\n");
	terminal_talk(&terminal, "not shown): ", TALK_TOKEN "\n");
	terminal_talk(&terminal, "SID (AC", "\n");
	assert_int_equal(terminal_end(&terminal), 0);
	char *want =
	    mem_printf("listen = :443\npublic-url = https://hooks.example.com\n"
		       "redirect-listen = :80\nacme = hooks.example.com\n"
		       "data = %s\n",
		place.data);
	expect_file(place.conf, want);
	free(want);
	buf_free(&terminal.shown);
	/* Another file is not changed without a yes. */
	save(place.conf, "public-url = https://hooks.example.com\n");
	terminal_start(&terminal, &place);
	terminal_talk(&terminal, "SID (AC", "\n");
	terminal_talk(&terminal, "leave all else as it is? [y/N] ", "\n");
	assert_int_equal(terminal_end(&terminal), 1);
	expect(&terminal.shown, "nothing was changed");
	expect_file(place.conf, "public-url = https://hooks.example.com\n");
	buf_free(&terminal.shown);
	place_end(&place);
}

TEST(whoever_goes_away_leaves_nothing_behind)
{
	static const char *const ends[] = {"\4", "\3"};
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct place place;
		struct terminal terminal;
		place_make(&place);
		terminal_start(&terminal, &place);
		terminal_talk(&terminal, "What will Twilio call?", TALK_URL "\n");
		terminal_talk(&terminal, "not shown): ", ends[i]);
		assert_int_equal(terminal_end(&terminal), 1);
		assert_int_equal(access(place.conf, F_OK), -1);
		assert_int_equal(access(place.data, F_OK), -1);
		buf_free(&terminal.shown);
		place_end(&place);
	}
}
