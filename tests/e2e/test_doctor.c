/* `offhook doctor` on installations that are right, and wrong in one way each. */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ca.h"
#include "twilio_api.h"

#define OV      "#rc=2&rp=5xx,rt,ct"
#define PLANTED "00000000000000000000000000005eed"

/* All of its output; words end with NULL. */
static int doctor(struct buf *out, const char *const *words)
{
	struct buf err = {0};
	const char *all[16] = {"doctor"};
	for (size_t i = 0; words[i] != NULL; i++)
		all[i + 1] = words[i];
	buf_clear(out);
	int code = talk_run(out, &err, all);
	buf_put(out, buf_span(&err));
	buf_free(&err);
	assert_null(strstr(buf_text(out), TALK_TOKEN));
	assert_null(strstr(buf_text(out), PLANTED));
	return code;
}

static void expect(const struct buf *out, const char *text)
{
	if (strstr(buf_text(out), text) == NULL)
		fail_msg("\"%s\" is not in\n%s", text,
		    out->len > 700 ? out->ptr + out->len - 700 : buf_text(out));
}

static void use_api(const struct twilio_api *api)
{
	(void)setenv("TWILIO_API_URL", api->url, 1);
	(void)setenv("TWILIO_ACCOUNT_SID", API_ACCOUNT, 1);
}

static void forget_api(void)
{
	(void)unsetenv("TWILIO_API_URL");
	(void)unsetenv("TWILIO_ACCOUNT_SID");
}

TEST(a_server_that_runs_is_sound_and_one_that_does_not_is_an_error)
{
	struct talk talk;
	struct buf out = {0};
	talk_start(&talk, NULL);
	const char *words[] = {"--data", talk.data, "--offline", NULL};
	const char *json[] = {"--data", talk.data, "--offline", "--json", NULL};
	assert_int_equal(doctor(&out, words), 0);
	expect(&out, "ok       server: a server runs on ");
	expect(&out, " 0 errors\n");
	assert_null(strchr(buf_text(&out), '\033'));
	assert_int_equal(doctor(&out, json), 0);
	expect(&out,
	    "{\"ok\":true,\"findings\":[{\"level\":\"ok\",\"check\":\"settings\"");
	talk_stop(&talk);
	assert_int_equal(doctor(&out, words), 1);
	expect(&out, "error    server: no server runs on ");
	expect(&out, "systemctl start offhook");
	assert_int_equal(chmod(talk.data, 0755), 0);
	assert_int_equal(doctor(&out, words), 1);
	expect(&out, "others may look into it (mode 755)");
	expect(&out, "chmod 700 ");
	buf_free(&out);
	talk_end(&talk);
}

TEST(a_wrong_setting_is_an_error_and_so_is_no_token)
{
	struct talk talk;
	struct buf out = {0};
	talk_start(&talk, NULL);
	const char *words[] = {
	    "--data", talk.data, "--offline", "--threads", "many", NULL};
	assert_int_equal(doctor(&out, words), 1);
	expect(&out, "error    settings: --threads: ");
	char line[256];
	(void)snprintf(line, sizeof(line),
	    "env -u TWILIO_AUTH_TOKEN %s doctor --data %s --offline | grep -A1 'error .* "
	    "without your account' | grep -q '^  *Copy the token'",
	    OFFHOOK_BIN, talk.data);
	assert_int_equal(system(line), 0);
	buf_free(&out);
	talk_end(&talk);
}

TEST(it_is_reached_through_its_public_url_or_not)
{
	struct talk talk;
	struct buf out = {0};
	struct twilio_api other = {.status = 200, .body = "hello"};
	char url[96];
	talk_start(&talk, NULL);
	api_start(&other);
	use_api(&other);
	(void)snprintf(url, sizeof(url), "http://%s", talk.address);
	const char *words[] = {"--data", talk.data, "--public-url", url, NULL};
	assert_int_equal(doctor(&out, words), 1);
	expect(&out, "is an address of this machine or its network");
	expect(&out, "ok       reach: Offhook answers at http://127.0.0.1:");
	expect(&out, "messages and calls pass unencrypted");
	words[3] = other.url; /* another program is there */
	assert_int_equal(doctor(&out, words), 1);
	expect(&out, "is answered 200, and not by Offhook");
	(void)snprintf(url, sizeof(url), "https://%s", talk.address);
	words[3] = url; /* it speaks no TLS */
	assert_int_equal(doctor(&out, words), 1);
	expect(&out, "error    certificate: https://127.0.0.1:");
	words[3] = "https://nowhere.invalid";
	assert_int_equal(doctor(&out, words), 1);
	expect(&out, "error    dns: nowhere.invalid does not resolve");
	words[3] = "http://127.0.0.1:1";
	assert_int_equal(doctor(&out, words), 1);
	expect(&out, "error    reach: http://127.0.0.1:1/twilio/sms by IPv4: ");
	forget_api();
	api_stop(&other);
	buf_free(&out);
	talk_end(&talk);
}

TEST(a_certificate_that_twilio_would_not_trust_is_an_error)
{
	struct talk talk;
	struct buf out = {0};
	struct twilio_api api = {0};
	char dir[] = "/tmp/offhook-test-XXXXXX", cert[64], key[64], url[64], erase[64];
	assert_non_null(mkdtemp(dir));
	(void)snprintf(cert, sizeof(cert), "%s/c.pem", dir);
	(void)snprintf(key, sizeof(key), "%s/k.pem", dir);
	(void)snprintf(erase, sizeof(erase), "rm -rf %s", dir);
	ca_write_certificate(cert, key);
	const char *extra[] = {"--tls-cert", cert, "--tls-key", key, NULL};
	talk_start(&talk, extra);
	api_start(&api);
	use_api(&api);
	(void)snprintf(
	    url, sizeof(url), "https://localhost%s", strrchr(talk.address, ':'));
	const char *words[] = {"--data", talk.data, "--public-url", url, NULL};
	assert_int_equal(doctor(&out, words), 1);
	expect(&out, "ok       url: Twilio calls https://localhost:");
	expect(&out, "error    certificate: https://localhost:");
	expect(&out, "Twilio refuses it, too");
	forget_api();
	api_stop(&api);
	buf_free(&out);
	talk_end(&talk);
	assert_int_equal(system(erase), 0);
}

/* doctor of a server whose numbers the API tells. */
static int doctor_with(
    struct buf *out, const struct talk *talk, const struct twilio_api *api)
{
	const char *words[] = {"--data", talk->data, "--public-url", TALK_URL, NULL};
	use_api(api);
	int code = doctor(out, words);
	forget_api();
	return code;
}

TEST(what_twilio_calls_is_compared_page_after_page)
{
	struct talk talk;
	struct buf out = {0};
	struct twilio_api api = {.password = TALK_TOKEN};
	api.pages[0] = api_number(1, "+15550001", TALK_URL "/twilio/sms" OV,
	    TALK_URL "/twilio/voice" OV, TALK_URL "/twilio/voice/status" OV);
	api.pages[1] =
	    api_number(2, "+15550002", "https://elsewhere.example/", NULL, NULL);
	api.pages[2] = api_number(
	    3, "+15550003", TALK_URL "/sms" OV, TALK_URL "/twilio/voice", NULL);
	talk_start(&talk, NULL);
	api_start(&api);
	assert_int_equal(doctor_with(&out, &talk, &api), 1);
	expect(&out, "ok       clock: ");
	expect(&out, "ok       number: +15550001: messages come here");
	expect(&out, "ok       number: +15550001: calls come here");
	expect(
	    &out, "ok       number: +15550001: changes of a call's status come here");
	expect(&out,
	    "error    number: +15550003: messages go to POST https://example.com/sms" OV
	    ", which is not served here");
	expect(&out, "`offhook setup --set-number +15550003` sets it");
	expect(&out, "warning  number: +15550003: calls come here, but without " OV);
	expect(&out, "warning  number: +15550003: Twilio is told no URL for changes");
	expect(&out, "ok       number: 1 other numbers of the account lead elsewhere");
	assert_false(api_was_asked(&api, "POST "));
	api_lists(
	    &api, api_number(4, "+15550002", "https://elsewhere.example/", NULL, NULL));
	assert_int_equal(doctor_with(&out, &talk, &api), 1);
	expect(&out,
	    "error    number: none of the account's 1 numbers leads to https://example.com");
	api_stop(&api);
	buf_free(&out);
	talk_end(&talk);
}

TEST(an_api_that_refuses_fails_or_hangs_is_said_to)
{
	struct talk talk;
	struct buf out = {0};
	struct twilio_api api = {.password = PLANTED};
	talk_start(&talk, NULL);
	api_start(&api);
	assert_int_equal(doctor_with(&out, &talk, &api), 1);
	expect(&out,
	    "error    api: the account's numbers cannot be read: Twilio refuses "
	    "the credentials (401)");
	static const char html[] = "<html>Welcome to the airport</html>";
	api_answers(&api, 200, html);
	assert_int_equal(doctor_with(&out, &talk, &api), 1);
	expect(&out, "something else than a list of numbers");
	api_answers(&api, 500, html);
	assert_int_equal(doctor_with(&out, &talk, &api), 1);
	expect(&out, "it answers 500, and not as Twilio does");
	api_answers(&api, 302, html);
	assert_int_equal(doctor_with(&out, &talk, &api), 1);
	expect(&out, "a redirect; credentials do not follow those");
	api_hangs(&api);
	(void)doctor_with(&out, &talk, &api);
	expect(&out, "warning  api: Twilio's API could not be asked: ");
	api_stop(&api);
	(void)doctor_with(&out, &talk, &api); /* nobody listens any more */
	expect(&out, "warning  api: Twilio's API could not be asked: ");
	buf_free(&out);
	talk_end(&talk);
}

TEST(credentials_that_are_none_are_not_shown_nor_sent)
{
	struct talk talk;
	struct buf out = {0};
	struct twilio_api api = {0};
	talk_start(&talk, NULL);
	api_start(&api);
	use_api(&api);
	const char *words[] = {"--data", talk.data, NULL};
	(void)setenv("TWILIO_ACCOUNT_SID", PLANTED, 1);
	assert_int_equal(doctor(&out, words), 1);
	expect(&out, "TWILIO_ACCOUNT_SID is not an account's SID");
	(void)setenv("TWILIO_ACCOUNT_SID", API_ACCOUNT, 1);
	(void)setenv("TWILIO_API_URL", "http://example.com", 1);
	assert_int_equal(doctor(&out, words), 1);
	expect(&out, "TWILIO_API_URL does not begin with https://");
	(void)unsetenv("TWILIO_ACCOUNT_SID");
	(void)setenv("TWILIO_API_URL", api.url, 1);
	(void)doctor(&out, words);
	expect(&out, "there are no API credentials");
	assert_false(api_was_asked(&api, "Authorization"));
	forget_api();
	api_stop(&api);
	buf_free(&out);
	talk_end(&talk);
}
