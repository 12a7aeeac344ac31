/* Commands for the owner: help, settings, whether a request is genuine, and erasing a
 * person's data, which is asked first. */
#include "conversation.h"

#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

TEST_GROUP(talk_setup, talk_teardown)

/* Runs `offhook …`; text must be in what it prints (stdout, then stderr). */
static void expect(int want, const char *text, const char *const *words)
{
	struct buf out = {0};
	struct buf err = {0};
	int code = talk_run(&out, &err, words);
	buf_put(&out, buf_span(&err));
	if (code != want || strstr(buf_text(&out), text) == NULL)
		fail_msg("offhook %s %s: exit %d\n%s\nwanted %d: %s", words[0],
		    words[1] != NULL ? words[1] : "", code, buf_text(&out), want, text);
	buf_free(&out);
	buf_free(&err);
}

#define EXPECT(code, text, ...)                                                        \
	expect(code, text, (const char *const[]){__VA_ARGS__, NULL})

/* ---- help ---- */

TEST(help_of_an_unknown_word_says_what_was_meant)
{
	EXPECT(2,
	    "offhook help: there is no command \"evnts\"; did you mean \"events\"?\n"
	    "Try `offhook --help`.\n",
	    "help", "evnts");
	EXPECT(2,
	    "offhook help: there is no command \"telephone\"\nTry `offhook --help`",
	    "help", "telephone");
	EXPECT(2,
	    "offhook: there is no command \"evnts\"; did you mean \"events\"?\n"
	    "Try `offhook --help`.\n",
	    "evnts");
	EXPECT(2, "too many arguments", "help", "events", "retry", "1");
	EXPECT(2, "there is no `events rety`; did you mean `events retry`?", "help",
	    "events", "rety");
	EXPECT(2, "`serve` has no verbs", "help", "serve", "now");
}

TEST(help_of_a_verb_lists_its_own_options)
{
	struct buf command = {0};
	struct buf option = {0};
	const char *first[] = {"help", "jobs", "pause", NULL};
	const char *second[] = {"jobs", "pause", "--help", NULL};
	assert_int_equal(talk_run(&command, NULL, first), 0);
	assert_int_equal(talk_run(&option, NULL, second), 0);
	assert_string_equal(buf_text(&command), buf_text(&option));
	assert_non_null(
	    strstr(buf_text(&command), "Usage: offhook jobs pause QUEUE [--force]\n"));
	assert_non_null(strstr(buf_text(&command), "  --force "));
	assert_non_null(strstr(buf_text(&command), "  --data "));
	assert_null(strstr(buf_text(&command), "  --dry-run "));
	buf_free(&command);
	buf_free(&option);
}

TEST(help_prints_the_parts_of_the_manual_pages)
{
	EXPECT(0, ".Ss serve\n.Dl offhook serve ", "help", "--man-commands");
	EXPECT(0, ".It Ic listen No = Ar ADDR:PORT\n", "help", "--man-settings");
}

TEST(help_as_a_command_and_as_an_option_are_the_same)
{
	static const char *const names[] = {
	    "serve", "events", "jobs", "query", "config"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buf command = {0};
		struct buf option = {0};
		const char *first[] = {"help", names[i], NULL};
		const char *second[] = {names[i], "--help", NULL};
		assert_int_equal(talk_run(&command, NULL, first), 0);
		assert_int_equal(talk_run(&option, NULL, second), 0);
		assert_non_null(strstr(buf_text(&command), "\nOptions:\n"));
		assert_string_equal(buf_text(&command), buf_text(&option));
		buf_free(&command);
		buf_free(&option);
	}
}

/* ---- config ---- */

/* The row of `config --json` for that setting. */
static void expect_setting(const struct buf *lines, const char *name, const char *value,
    const char *source, const char *where)
{
	char want[300];
	char quoted[100] = "null";
	if (value != NULL)
		(void)snprintf(quoted, sizeof(quoted), "\"%s\"", value);
	(void)snprintf(want, sizeof(want),
	    "{\"name\":\"%s\",\"value\":%s,\"source\":\"%s\",\"where\":\"%s\"}\n", name,
	    quoted, source, where);
	if (strstr(buf_text(lines), want) == NULL)
		fail_msg("%sis not in\n%s", want, buf_text(lines));
}

TEST(config_as_json_says_where_each_value_comes_from)
{
	struct talk *talk = *state;
	char path[90];
	char where[100];
	struct buf out = {0};
	(void)snprintf(path, sizeof(path), "%s/conf", talk->dir);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs("# mine\nthreads = 3\nmax-body = 2M\ndeadline = 9s\n", file);
	assert_int_equal(fclose(file), 0);
	(void)snprintf(where, sizeof(where), "%s:2", path);
	const char *words[] = {
	    "config", "--json", "--config", path, "--deadline", "8s", NULL};
	(void)setenv("OFFHOOK_MAX_BODY", "3M", 1);
	int code = talk_run(&out, NULL, words);
	(void)unsetenv("OFFHOOK_MAX_BODY");
	assert_int_equal(code, 0);
	expect_setting(&out, "idle-timeout", "75s", "default", "default");
	expect_setting(&out, "admin", NULL, "default", "default");
	expect_setting(&out, "threads", "3", "file", where);
	expect_setting(&out, "max-body", "3M", "environment", "OFFHOOK_MAX_BODY");
	expect_setting(&out, "deadline", "8s", "option", "--deadline");
	expect_setting(&out, "auth-token", "(set)", "environment", "TWILIO_AUTH_TOKEN");
	assert_null(strstr(buf_text(&out), TALK_TOKEN));
	buf_free(&out);
	EXPECT(0, "ok: ", "config", "check", "--config", path);
	EXPECT(0, "{\"ok\":true}\n", "config", "check", "--json", "--config", path);
	EXPECT(1, "--threads: \"x\" is not a whole number", "config", "check",
	    "--threads", "x");
	EXPECT(2, "\"chek\" is not known; `check` is", "config", "chek");
}

/* faults 5.16 */
TEST(what_stands_behind_the_urls_for_twilio_is_explained)
{
	struct talk *talk = *state;
	assert_true(talk_logged(talk, TALK_URL "/twilio/sms#rc=2&rp=5xx,rt,ct"));
	assert_true(talk_logged(talk,
	    "(#rc=2&rp=5xx,rt,ct has Twilio try twice more after a 5xx or a timeout; it is "
	    "not sent and not signed)"));
	EXPECT(0, "is not signed, and may be left out", "verify", "--help");
}

/* faults 5.16: https://no-color.org */
TEST(an_empty_no_color_is_none)
{
	static const struct {
		const char *environment;
		bool coloured;
	} rows[] = {{"NO_COLOR=", true}, {"NO_COLOR=1", false}, {"", true}};
	struct talk *talk = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char command[512], text[4096];
		/* script gives it a terminal. The directory is locked: an error. */
		(void)snprintf(command, sizeof(command),
		    "env -u NO_COLOR TERM=xterm TWILIO_AUTH_TOKEN=" TALK_TOKEN
		    " %s script -qec '%s serve --data %s --templates %s --listen "
		    "127.0.0.1:0' /dev/null",
		    rows[i].environment, OFFHOOK_BIN, talk->data, talk->dir);
		/* NOLINTNEXTLINE(cert-env33-c): our own words, for the shell */
		FILE *out = popen(command, "r");
		assert_non_null(out);
		text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
		(void)pclose(out);
		if ((strstr(text, "\033[33m") != NULL) != rows[i].coloured)
			fail_msg("%s: %s", rows[i].environment, text);
	}
}

/* ---- verify ---- */

#define SIGNED_URL TALK_URL "/twilio/sms"

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

TEST(verify_reads_the_body_from_a_file_or_standard_input)
{
	struct talk *talk = *state;
	char header[64], path[90], command[512];
	talk_signature(header, TALK_TOKEN, SIGNED_URL, "Body=from+a+file");
	header[strcspn(header, "\r")] = '\0';
	const char *signature = header + strlen("X-Twilio-Signature: ");
	(void)snprintf(path, sizeof(path), "%s/body", talk->dir);
	write_text(path, "Body=from+a+file");
	EXPECT(0, "genuine\n", "verify", "--url", SIGNED_URL, "--signature", signature,
	    "--body-file", path);
	EXPECT(0, "{\"genuine\":true}\n", "verify", "--url", SIGNED_URL, "--signature",
	    signature, "--body-file", path, "--json");
	(void)snprintf(command, sizeof(command),
	    "TWILIO_AUTH_TOKEN=" TALK_TOKEN " %s verify --url " SIGNED_URL
	    " --signature '%s' --body-file - <%s | grep -qx genuine",
	    OFFHOOK_BIN, signature, path);
	assert_int_equal(system(command), 0);
	write_text(path, "Body=from+a+file\n"); /* faults 5.12 */
	EXPECT(1, "not genuine: the body ends with a newline that was not signed",
	    "verify", "--url", SIGNED_URL, "--signature", signature, "--body-file",
	    path);
	EXPECT(1, "{\"genuine\":false,\"cause\":\"newline\",", "verify", "--url",
	    SIGNED_URL, "--signature", signature, "--body-file", path, "--json");
	write_text(path, "Body=from+another+file");
	EXPECT(1, "not genuine: ", "verify", "--url", SIGNED_URL, "--signature",
	    signature, "--body-file", path);
	EXPECT(1, "{\"genuine\":false,\"cause\":\"unknown\",\"advice\":\"", "verify",
	    "--url", SIGNED_URL, "--signature", signature, "--body-file", path,
	    "--json");
	write_text(path, "Body=%zz");
	EXPECT(1, "the body is no form", "verify", "--url", SIGNED_URL, "--signature",
	    signature, "--body-file", path);
	EXPECT(1, "/none: No such file or directory", "verify", "--url", SIGNED_URL,
	    "--signature", signature, "--body-file", "/none");
	EXPECT(1, "give --body or --body-file, not both", "verify", "--url", SIGNED_URL,
	    "--signature", signature, "--body-file", path, "--body", "x");
	EXPECT(2, "--url and --signature are needed", "verify", "--url", SIGNED_URL);
}

/* faults 5.13 */
TEST(verify_takes_any_url_that_twilio_signs)
{
	static const struct {
		const char *is_signed, *given, *want;
		int code;
	} rows[] = {
	    {"wss://h.io/media", "wss://h.io/media", "genuine\n", 0},
	    {"wss://h.io/media/", "WSS://h.io/media", "genuine\n", 0},
	    {"ws://h.io", "ws://h.io", "genuine\n", 0},
	    {"https://h.io", "https://h.io", "genuine\n", 0},
	    {"https://h.io", "https://h.io/", "genuine\n", 0},
	    {"https://h.io?a=1", "https://h.io/?a=1", "genuine\n", 0},
	    {"https://h.io/p?b=1&a=2", "https://h.io/p?a=2&b=1",
		"not genuine: the URL's query was signed in another order", 1},
	    {"https://h.io/p", "ftp://h.io/p", "does not begin with http://", 2},
	};
	struct talk *talk = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char header[64];
		talk_signature(header, TALK_TOKEN, rows[i].is_signed, NULL);
		header[strcspn(header, "\r")] = '\0';
		EXPECT(rows[i].code, rows[i].want, "verify", "--url", rows[i].given,
		    "--signature", header + strlen("X-Twilio-Signature: "));
	}
	(void)talk;
	EXPECT(2, "as a WebSocket", "send", "sms", "--url", "wss://h.io/media");
}

/* While a token is being rotated there are two. */
TEST(verify_takes_any_of_several_tokens)
{
	static const char new_token[] = "fedcba9876543210fedcba9876543210";

	static const struct {
		const char *tokens;
		int want;
		const char *says;
	} rows[] = {
	    {"fedcba9876543210fedcba9876543210", 0, "genuine\n"},
	    {TALK_TOKEN ",fedcba9876543210fedcba9876543210", 0, "genuine\n"},
	    {"fedcba9876543210fedcba9876543210," TALK_TOKEN, 0, "genuine\n"},
	    {TALK_TOKEN, 1, "not genuine: "},
	    {TALK_TOKEN ",00000000000000000000000000000000", 1, "not genuine: "},
	};

	char header[64];
	talk_signature(header, new_token, SIGNED_URL, "Body=hi");
	header[strcspn(header, "\r")] = '\0';
	const char *signature = header + strlen("X-Twilio-Signature: ");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)setenv("OWNERS_TOKENS", rows[i].tokens, 1);
		EXPECT(rows[i].want, rows[i].says, "verify", "--url", SIGNED_URL,
		    "--signature", signature, "--body", "Body=hi", "--token-env",
		    "OWNERS_TOKENS");
		EXPECT(rows[i].want, rows[i].says, "verify", "--url", SIGNED_URL,
		    "--signature", signature, "--body", "Body=hi", "--token",
		    rows[i].tokens);
	}
	(void)unsetenv("OWNERS_TOKENS");
	EXPECT(1, "the variable OWNERS_TOKENS is not set", "verify", "--url",
	    SIGNED_URL, "--signature", signature, "--body", "Body=hi", "--token-env",
	    "OWNERS_TOKENS");
}

/* ---- forget ---- */

struct terminal {
	int fd;
	pid_t pid;
	struct buf shown;
};

/* Runs `offhook forget ADDRESS` with a person at its terminal. */
static void forget_at(
    struct terminal *terminal, const struct talk *talk, const char *address)
{
	*terminal = (struct terminal){0};
	terminal->pid = forkpty(&terminal->fd, NULL, NULL, NULL);
	assert_true(terminal->pid >= 0);
	if (terminal->pid == 0) {
		execl(OFFHOOK_BIN, "offhook", "forget", address, "--data", talk->data,
		    (char *)NULL);
		_exit(127);
	}
}

/* Reads on until the terminal shows that; text NULL: until the program has ended. */
static void read_until(struct terminal *terminal, const char *text)
{
	struct pollfd ready = {.fd = terminal->fd, .events = POLLIN};
	while (text == NULL || strstr(buf_text(&terminal->shown), text) == NULL) {
		char bytes[1024];
		if (poll(&ready, 1, PATIENCE_MS) != 1)
			fail_msg(
			    "it says no more than: %s", buf_text(&terminal->shown));
		ssize_t n = read(terminal->fd, bytes, sizeof(bytes));
		if (n <= 0 && text == NULL)
			return;
		assert_true(n > 0);
		buf_add(&terminal->shown, bytes, (size_t)n);
	}
}

TEST(forget_asks_and_erases_only_after_a_yes)
{
	const struct talk *talk = *state;

	static const struct {
		const char *types;
		bool erases;
	} rows[] = {
	    {"n\n", false},
	    {"\n", false},
	    {"Not yet, y?\n", false},
	    {"\4", false}, /* Ctrl-D: the end of the file */
	    {"y\n", true},
	    {"Yes\n", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char number[20], form[160], filter[60];
		struct terminal terminal;
		int status = -1;
		(void)snprintf(number, sizeof(number), "+1555666000%zu", i);
		(void)snprintf(filter, sizeof(filter), "{\"from\":\"%s\"}", number);
		(void)snprintf(form, sizeof(form),
		    "MessageSid=SMe%031zu&From=%%2B%s&Body=secret&NumMedia=0", i,
		    number + 1);
		talk_expect(talk, "/twilio/sms", form, 200);
		forget_at(&terminal, talk, number);
		read_until(&terminal, "? [y/N] ");
		assert_non_null(strstr(buf_text(&terminal.shown), number));
		assert_int_equal(
		    write(terminal.fd, rows[i].types, strlen(rows[i].types)),
		    strlen(rows[i].types));
		read_until(&terminal, NULL);
		assert_int_equal(waitpid(terminal.pid, &status, 0), terminal.pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), rows[i].erases ? 0 : 1);
		if (strstr(buf_text(&terminal.shown),
			rows[i].erases
			    ? "erased: what 1 event held, 1 document, and 0 jobs"
			    : "nothing was erased") == NULL)
			fail_msg("%s: %s", rows[i].types, buf_text(&terminal.shown));
		assert_int_equal(
		    talk_count(talk, "sms_messages", filter), rows[i].erases ? 0 : 1);
		(void)close(terminal.fd);
		buf_free(&terminal.shown);
	}
}

TEST(forget_without_a_terminal_wants_a_yes_as_an_option)
{
	const struct talk *talk = *state;
	char command[400];
	talk_expect(talk, "/twilio/sms",
	    "MessageSid=SM000000000000000000000000000000f1&From=%2B15556660099&Body="
	    "secret&NumMedia=0",
	    200);
	(void)snprintf(command, sizeof(command),
	    "echo y | %s forget +15556660099 --data %s 2>&1 | grep -q 'give --yes'",
	    OFFHOOK_BIN, talk->data);
	assert_int_equal(system(command), 0);
	assert_int_equal(
	    talk_count(talk, "sms_messages", "{\"from\":\"+15556660099\"}"), 1);
	EXPECT(0, "{\"events\":1,\"documents\":1,\"jobs\":0", "forget", "+15556660099",
	    "--yes", "--json", "--data", talk->data);
	assert_int_equal(
	    talk_count(talk, "sms_messages", "{\"from\":\"+15556660099\"}"), 0);
	EXPECT(2, "the address is empty", "forget", "", "--yes", "--data", talk->data);
	/* faults 4.2: as people write a number, and what is none */
	EXPECT(0, "nothing that is stored holds it", "forget", "+1 (555) 666-00.99",
	    "--yes", "--data", talk->data);
	EXPECT(2, "is no phone number: write it with its country code", "forget",
	    "(555) 666-0099", "--yes", "--data", talk->data);
	EXPECT(2, "is no phone number", "forget", "+", "--yes", "--data", talk->data);
	EXPECT(2, "the address is not UTF-8", "forget", "\xff", "--yes", "--data",
	    talk->data);
}
