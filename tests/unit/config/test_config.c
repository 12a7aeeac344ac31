#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "util/text.h"

enum { MOST_FLAGS = 4 };

static char directory[] = "/tmp/offhook-config-XXXXXX";

/* Each test begins in a directory without a file. */
static int enter(void **state)
{
	(void)state;
	(void)unlink("offhook.conf");
	return 0;
}

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) != NULL ? chdir(directory) : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	(void)enter(state);
	return chdir("/") == 0 ? rmdir(directory) : -1;
}

static void write_file(const char *text, mode_t mode)
{
	FILE *file = fopen("offhook.conf", "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod("offhook.conf", mode), 0);
}

static int load(struct config *config, const char *file, const char *const *environment,
    const struct config_flag *flags, struct error *err)
{
	struct config_input input = {
	    .flags = flags, .environment = (char *const *)(uintptr_t)environment};
	while (flags != NULL && flags[input.flag_count].name != NULL)
		input.flag_count++;
	if (file != NULL)
		write_file(file, 0600);
	return config_load(config, &input, err);
}

static const struct config_value *value_of(
    const struct config *config, const char *name)
{
	const struct setting *setting = setting_find(span_of(name));
	assert_non_null(setting);
	return &config->values[setting - setting_table];
}

TEST_WITH(without_anything_the_defaults_hold, enter, NULL)
{
	struct config config;
	struct error err;
	assert_int_equal(load(&config, NULL, NULL, NULL, &err), 0);
	assert_string_equal(config.listen, ":8080");
	assert_string_equal(config.data, "./offhook-data");
	assert_null(config.public_url);
	assert_null(config.admin);
	assert_null(config.templates);
	assert_null(config.file);
	assert_int_equal(config.threads, 0);
	assert_int_equal(config.max_body, 1024 * 1024);
	assert_int_equal(config.max_unsigned, 64 * 1024 * 1024);
	assert_int_equal(config.max_connections, 20000);
	assert_int_equal(config.request_timeout_ms, 10000);
	assert_int_equal(config.idle_timeout_ms, 75000);
	assert_int_equal(config.deadline_ms, 10000);
	assert_int_equal(config.drain_timeout_ms, 15000);
	assert_int_equal(config.log_level, LOG_INFO);
	assert_int_equal(config.log_format, LOG_AUTO);
	assert_int_equal(proxies_count(config.proxies), 0);
	assert_int_equal(tokens_count(config.tokens), 0);
	assert_int_equal(config.warning_count, 0);
	for (size_t i = 0; i < setting_count; i++)
		assert_string_equal(config.values[i].where, "default");
	config_clear(&config);
}

TEST_WITH(a_flag_beats_a_variable_beats_the_file_beats_the_default, enter, NULL)
{
	static const char file[] = "# ours\n\nlisten = :1 # why\n";
	static const char *const variable[] = {"OFFHOOK_LISTEN=:2", "PORT=3", NULL};
	static const char *const empty[] = {"OFFHOOK_LISTEN=", NULL};
	static const char *const port[] = {"PORT=3", NULL};
	static const struct config_flag flag[] = {
	    {"listen", ":4"}, {"listen", ":5"}, {0}};

	static const struct {
		const char *file;
		const char *const *environment;
		const struct config_flag *flags;
		const char *want, *where;
		enum config_source source;
	} rows[] = {
	    {NULL, NULL, NULL, ":8080", "default", CONFIG_DEFAULT},
	    {NULL, port, NULL, ":3", "PORT", CONFIG_ENVIRONMENT},
	    {file, NULL, NULL, ":1", "offhook.conf:3", CONFIG_FILE},
	    {file, port, NULL, ":1", "offhook.conf:3", CONFIG_FILE},
	    {file, empty, NULL, ":1", "offhook.conf:3", CONFIG_FILE},
	    {file, variable, NULL, ":2", "OFFHOOK_LISTEN", CONFIG_ENVIRONMENT},
	    {file, variable, flag, ":5", "--listen", CONFIG_FLAG},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config config;
		struct error err;
		(void)enter(NULL);
		assert_int_equal(load(&config, rows[i].file, rows[i].environment,
				     rows[i].flags, &err),
		    0);
		assert_string_equal(config.listen, rows[i].want);
		assert_string_equal(value_of(&config, "listen")->text, rows[i].want);
		assert_string_equal(value_of(&config, "listen")->where, rows[i].where);
		assert_int_equal(value_of(&config, "listen")->source, rows[i].source);
		config_clear(&config);
	}
}

static const char whole_file[] =
    "listen = [::1]:80\r\n"
    "public-url = https://u:p@Sms.example.com:8443/hooks/#rc=2\n"
    "data = \"/var/lib/off hook\"\n"
    "key-file = /etc/offhook/key\n"
    "admin = 127.0.0.1:9090\n"
    "trusted-proxy = 127.0.0.1, 10.0.0.0/8\n"
    "templates = ./templates\n"
    "threads = 3\n"
    "max-body = 64k\n"
    "max-unsigned = 2M\n"
    "max-connections = 7\n"
    "request-timeout = 500ms\n"
    "idle-timeout = 1m\n"
    "deadline = 9\n"
    "drain-timeout = 0\n"
    "tls-cert = a.pem, b.pem\n"
    "tls-key = a.key, b.key\n"
    "redirect-listen = :80\n"
    "acme = hooks.example.com\n"
    "acme-email = owner@example.com\n"
    "acme-directory = staging\n"
    "acme-ca-file = ca.pem\n"
    "acme-profile = shortlived\n"
    "acme-eab = kid-1:c2VjcmV0\n"
    "handlers = 5\n"
    "max-handlers = 6\n"
    "handler-timeout = 20s\n"
    "handler-memory = 1G\n"
    "handler-sandbox = off\n"
    "workers = 2\n"
    "max-workers = 3\n"
    "jobs-keep = 1d\n"
    "dead-jobs-keep = 2d\n"
    "alert-url = https://a.example/hook\n"
    "alert-command = cat; true\n"
    "alert-interval = 2m\n"
    "alert-delay = 1s\n"
    "alert-secret = whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"
    "log-level = warn\n"
    "log-format = json\n"
    "auth-token = 0123456789abcdef0123456789abcdef\n"
    "auth-tokens = AC0123456789abcdef0123456789abcdef:"
    "fedcba9876543210fedcba9876543210\n"
    "shared-keys = webhooks_sharedkey_1:HMAC_SHA256:s3cret";

TEST_WITH(the_file_sets_every_setting, enter, NULL)
{
	struct config config;
	struct error err;
	assert_int_equal(load(&config, whole_file, NULL, NULL, &err), 0);
	assert_string_equal(config.listen, "[::1]:80");
	assert_string_equal(config.public_url, "https://Sms.example.com:8443/hooks");
	assert_true(span_is(config.public_scheme, "https"));
	assert_true(span_is(config.public_host, "Sms.example.com:8443"));
	assert_true(span_is(config.public_prefix, "/hooks"));
	assert_string_equal(config.data, "/var/lib/off hook");
	assert_string_equal(config.key_file, "/etc/offhook/key");
	assert_string_equal(config.admin, "127.0.0.1:9090");
	assert_int_equal(proxies_count(config.proxies), 2);
	assert_string_equal(config.templates, "./templates");
	assert_int_equal(config.threads, 3);
	assert_int_equal(config.max_body, 65536);
	assert_int_equal(config.max_unsigned, 2 << 20);
	assert_int_equal(config.max_connections, 7);
	assert_int_equal(config.request_timeout_ms, 500);
	assert_int_equal(config.idle_timeout_ms, 60000);
	assert_int_equal(config.deadline_ms, 9000);
	assert_int_equal(config.drain_timeout_ms, 0);
	assert_int_equal(config.handlers, 5);
	assert_int_equal(config.max_handlers, 6);
	assert_int_equal(config.handler_timeout_ms, 20000);
	assert_int_equal(config.handler_memory, 1 << 30);
	assert_string_equal(config.tls_cert[1], "b.pem");
	assert_null(config.tls_cert[2]);
	assert_string_equal(config.tls_key[1], "b.key");
	assert_string_equal(config.redirect_listen, ":80");
	assert_string_equal(config.acme, "hooks.example.com");
	assert_string_equal(config.acme_email, "owner@example.com");
	assert_string_equal(config.acme_directory[0], "staging");
	assert_string_equal(config.acme_ca_file, "ca.pem");
	assert_string_equal(config.acme_profile, "shortlived");
	assert_string_equal(config.acme_eab, "kid-1:c2VjcmV0");
	assert_int_equal(config.log_level, LOG_WARN);
	assert_int_equal(config.log_format, LOG_JSON);
	assert_int_equal(tokens_count(config.tokens), 3);
	assert_string_equal(config.first_token, "0123456789abcdef0123456789abcdef");
	assert_string_equal(config.file, "offhook.conf");
	assert_int_equal(config.warning_count, 2); /* user and fragment */
	for (size_t i = 0; i < setting_count; i++)
		assert_int_equal(config.values[i].source, CONFIG_FILE);
	config_clear(&config);
}

TEST_WITH(the_file_sets_what_is_for_jobs, enter, NULL)
{
	struct config config;
	struct error err;
	assert_int_equal(load(&config, whole_file, NULL, NULL, &err), 0);
	assert_false(config.handler_sandbox);
	assert_int_equal(config.workers, 2);
	assert_int_equal(config.max_workers, 3);
	assert_int_equal(config.jobs_keep_ms, 86400000);
	assert_int_equal(config.dead_jobs_keep_ms, 2 * 86400000);
	assert_string_equal(config.alert_url, "https://a.example/hook");
	assert_string_equal(config.alert_command, "cat; true");
	assert_int_equal(config.alert_interval_ms, 120000);
	assert_int_equal(config.alert_delay_ms, 1000);
	assert_string_equal(
	    config.alert_secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
	assert_string_equal(value_of(&config, "alert-secret")->text, "(set)");
	config_clear(&config);
}

TEST_WITH(a_secret_is_never_in_the_values, enter, NULL)
{
	static const char *const environment[] = {
	    "TWILIO_AUTH_TOKEN=swordfish,carp", "TWILIO_AUTH_TOKENS=AC1:perch", NULL};
	struct config config;
	struct error err;
	if (load(&config, NULL, environment, NULL, &err) != 0) {
		/* The account's shape may be refused, but never by showing the token. */
		assert_null(strstr(err.text, "perch"));
		assert_int_equal(
		    load(&config, NULL, (const char *const[]){environment[0], NULL},
			NULL, &err),
		    0);
	}
	for (size_t i = 0; i < setting_count; i++)
		assert_null(strstr(config.values[i].text, "swordfish"));
	assert_string_equal(value_of(&config, "auth-token")->text, "(set)");
	assert_string_equal(
	    value_of(&config, "auth-token")->where, "TWILIO_AUTH_TOKEN");
	assert_string_equal(config.first_token, "swordfish");
	assert_int_equal(config.warning_count, 1); /* not as Twilio's look */
	config_clear(&config);
}

TEST_WITH(a_secret_in_a_file_others_may_read_is_refused, enter, NULL)
{
	struct config config;
	struct error err;
	write_file("auth-token = 0123456789abcdef0123456789abcdef\n", 0640);
	assert_int_equal(load(&config, NULL, NULL, NULL, &err), -1);
	assert_non_null(strstr(err.text, "offhook.conf:1"));
	assert_non_null(strstr(err.text, "chmod 600 offhook.conf"));
	write_file("listen = :1\n", 0644);
	assert_int_equal(load(&config, NULL, NULL, NULL, &err), 0);
	config_clear(&config);
}

TEST_WITH(a_mistake_in_the_file_is_named_with_its_line, enter, NULL)
{

	static const struct {
		const char *file, *want;
	} rows[] = {
	    {"lisen = :1\n", "offhook.conf:1: there is no setting \"lisen\"; did you "
			     "mean \"listen\"?"},
	    {"\n\nfrobnicate = 1\n", "offhook.conf:3: there is no setting"},
	    {"# a\nlisten\n", "offhook.conf:2: a line reads"},
	    {"listen =\n", "offhook.conf:1: listen has no value"},
	    {"listen = :1\nlisten = :2\n",
		"offhook.conf:2: listen was set before, at offhook.conf:1"},
	    {"listen = 8080\n", "offhook.conf:1: listen: \"8080\" is not ADDRESS:PORT"},
	    {"listen = ::1:80\n", "brackets"},
	    {"listen = :70000\n", "0 to 65535"},
	    {"listen = none\n", "must listen somewhere"},
	    {"public-url = sms.example.com\n", "public-url: a public URL begins with"},
	    {"trusted-proxy = proxy.local\n", "\"proxy.local\" is not an address"},
	    {"threads = many\n",
		"threads: \"many\" is not a whole number from 0 to 256"},
	    {"threads = 257\n", "from 0 to 256"},
	    {"max-body = big\n", "is not a size"},
	    {"max-body = 1\n", "is not within 1k and 64M"},
	    {"max-connections = 0\n", "from 1 to"},
	    {"idle-timeout = soon\n", "is not a time"},
	    {"deadline = 1h\n", "is not within 100ms and 13s"},
	    {"log-level = wran\n", "did you mean \"warn\"?"},
	    {"log-format = xml\n", "is not one of auto, text, json"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config config;
		struct error err;
		assert_int_equal(load(&config, rows[i].file, NULL, NULL, &err), -1);
		assert_int_equal(strncmp(err.text, "offhook.conf:", 13), 0);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s: %s", rows[i].file, err.text);
	}
}

TEST_WITH(a_mistake_elsewhere_is_named_with_its_variable_or_flag, enter, NULL)
{
	static const char *const wrong[] = {"OFFHOOK_MAX_BODY=x", NULL};
	static const char *const unknown[] = {"OFFHOOK_LISTN=:1", NULL};
	static const char *const strange[] = {"OFFHOOK_FROBNICATION=1", NULL};
	static const char *const missing[] = {"OFFHOOK_CONFIG=none.conf", NULL};
	static const struct config_flag size[] = {{"max-body", "x"}, {0}};
	static const char *const whsec[] = {"OFFHOOK_ALERT_SECRET=swordfish", NULL};
	static const struct config_flag ftp[] = {{"alert-url", "ftp://h"}, {0}};
	static const struct config_flag none[] = {{"max-bdy", "1M"}, {0}};
	static const struct config_flag secret[] = {{"auth-token", "x"}, {0}};
	static const struct config_flag empty[] = {{"data", ""}, {0}};
	static const char *const folder[] = {"OFFHOOK_CONFIG=/tmp", NULL};

	static const struct {
		const char *const *environment;
		const struct config_flag *flags;
		const char *want;
	} rows[] = {
	    {wrong, NULL, "OFFHOOK_MAX_BODY: \"x\" is not a size"},
	    {unknown, NULL, "did you mean OFFHOOK_LISTEN?"},
	    {strange, NULL, "OFFHOOK_FROBNICATION is not a setting"},
	    {missing, NULL, "none.conf: No such file"},
	    {folder, NULL, "/tmp: Is a directory"},
	    {NULL, empty, "--data has no value"},
	    {NULL, size, "--max-body: \"x\" is not a size"},
	    {NULL, none, "did you mean \"max-body\"?"},
	    {NULL, secret, "TWILIO_AUTH_TOKEN"},
	    {NULL, ftp, "--alert-url: it begins with https:// or http://"},
	    {whsec, NULL, "OFFHOOK_ALERT_SECRET: it is not whsec_ and"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config config;
		struct error err;
		assert_int_equal(
		    load(&config, NULL, rows[i].environment, rows[i].flags, &err), -1);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s: %s", rows[i].want, err.text);
	}
}

TEST_WITH(variables_that_kubernetes_sets_are_no_settings, enter, NULL)
{
	static const char *const environment[] = {"OFFHOOK_PORT=tcp://10.0.0.1:80",
	    "OFFHOOK_PORT_80_TCP=tcp://10.0.0.1:80", "OFFHOOK_SERVICE_HOST=10.0.0.1",
	    NULL};
	struct config config;
	struct error err;
	assert_int_equal(load(&config, NULL, environment, NULL, &err), 0);
	assert_string_equal(config.listen, ":8080");
	config_clear(&config);
}

TEST_WITH(none_takes_back_what_the_file_has_set, enter, NULL)
{
	static const struct config_flag flags[] = {{"admin", "none"},
	    {"templates", "none"}, {"public-url", "none"}, {"trusted-proxy", "none"},
	    {"alert-url", "none"}, {"alert-command", "none"}, {0}};
	struct config config;
	struct error err;
	assert_int_equal(load(&config,
			     "admin = :1\ntemplates = x\npublic-url = https://h\n"
			     "trusted-proxy = ::1\nalert-url = http://h\n"
			     "alert-command = x\n",
			     NULL, flags, &err),
	    0);
	assert_null(config.admin);
	assert_null(config.templates);
	assert_null(config.public_url);
	assert_int_equal(proxies_count(config.proxies), 0);
	assert_null(config.alert_url);
	assert_null(config.alert_command);
	config_clear(&config);
}

TEST_WITH(certificates_and_keys_go_together, enter, NULL)
{
	static const struct {
		struct config_flag flags[4];
		const char *error;
	} rows[] = {
	    {{{"tls-key", "a.key"}}, "tls-key is the key of nothing"},
	    {{{"tls-cert", "a.pem"}, {"tls-cert", "b.pem"}, {"tls-key", "a.key"}},
		"tls-cert names 2 files and tls-key 1"},
	    {{{"tls-cert", "a.pem,,b.pem"}}, "an element of the list is empty"},
	    {{{"redirect-listen", ":80"}}, "set tls-cert"},
	    {{{"tls-cert", "a.pem"}, {"tls-cert", "b.pem"}, {"tls-key", "a.key,b.key"}},
		NULL},
	    {{{"tls-cert", "both.pem"}, {"redirect-listen", ":80"}}, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config config;
		struct error err;
		int rc = load(&config, NULL, NULL, rows[i].flags, &err);
		assert_int_equal(rc, rows[i].error == NULL ? 0 : -1);
		if (rows[i].error != NULL)
			assert_non_null(strstr(err.text, rows[i].error));
		else
			config_clear(&config);
	}
}

TEST(every_row_of_the_table_is_whole)
{
	char variable[SETTING_NAME_SIZE];
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];
		assert_non_null(setting->name);
		assert_non_null(setting->argument);
		assert_non_null(setting->initial);
		assert_non_null(setting->help);
		assert_non_null(setting->parse);
		assert_ptr_equal(setting_find(span_of(setting->name)), setting);
		assert_int_equal(setting->secret, setting->variable != NULL);
		assert_non_null(setting_variable(variable, setting));
	}
}

TEST(the_manual_page_holds_the_table)
{
	size_t len;
	struct buf want = {0};
	char *page = text_read_file(
	    TEST_DATA_DIR "/../../man/offhook.conf.5", 1024 * 1024, &len);
	assert_non_null(page);
	buf_puts(&want, ".Sh SETTINGS\n");
	setting_man(&want);
	buf_puts(&want, ".Sh EXAMPLES\n");
	/* When this fails: put what `offhook help --man-settings` prints there. */
	assert_non_null(strstr(page, buf_text(&want)));
	buf_free(&want);
	free(page);
}

TEST_GROUP(make_directory, remove_directory)
