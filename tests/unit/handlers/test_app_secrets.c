#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "handlers/app_secrets.h"

static struct frame_manifest manifest_of(struct pair *pairs, const char *const *names)
{
	struct frame_manifest manifest = {.secrets = pairs};
	for (; *names != NULL; names++)
		pairs[manifest.secret_count++] =
		    (struct pair){span_of(*names), {NULL, 0}};
	return manifest;
}

static struct secrets *secrets_of(const char *json)
{
	struct secrets *secrets = secrets_new();
	struct error err;
	assert_int_equal(secrets_read(secrets, span_of(json), &err), 0);
	return secrets;
}

TEST(a_program_may_not_declare_what_signs_webhooks)
{
	static const struct {
		const char *name, *want; /* NULL: it may */
	} rows[] = {
	    {"OPENAI_KEY", NULL},
	    {"TWILIO_ACCOUNT_SID", NULL},
	    {"TWILIO_AUTH_TOKEN", "no handler gets it"},
	    {"TWILIO_AUTH_TOKENS", "no handler gets it"},
	    {"TWILIO_SHARED_KEYS", "no handler gets it"},
	    {"OFFHOOK_ALERT_SECRET", "no handler gets it"},
	    {"A=B", "secret 1 of the app"},
	    {"", "secret 1 of the app"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct pair pairs[4];
		struct error err = {""};
		struct frame_manifest manifest =
		    manifest_of(pairs, (const char *const[]){rows[i].name, NULL});
		int rc = app_secrets_check(&manifest, &err);
		assert_int_equal(rc, rows[i].want == NULL ? 0 : -1);
		if (rows[i].want != NULL && strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s: %s", rows[i].name, err.text);
	}
}

TEST(only_what_is_declared_is_sent_and_the_environment_comes_first)
{
	static const char *const names[] = {"ONE", "TWO", "NONE", NULL};
	struct pair pairs[4];
	struct frame_manifest manifest = manifest_of(pairs, names);
	struct secrets *secrets = secrets_of(
	    "{\"ONE\":{\"value\":\"1\"},\"TWO\":{\"value\":\"2\"},\"OTHER\":{\"value\":"
	    "\"planted\"}}");
	struct arena *arena = arena_new();
	struct buf frame = {0};
	struct frame_settings got;
	assert_int_equal(setenv("TWO", "of the environment", 1), 0);
	app_secrets_put(&frame, &manifest, secrets);
	assert_int_equal(frame_get_secrets(&got, buf_span(&frame), arena), 0);
	assert_int_equal(got.count, 3);
	assert_string_equal(got.pairs[0].value.ptr, "1");
	assert_string_equal(got.pairs[1].value.ptr, "of the environment");
	assert_null(got.pairs[2].value.ptr);
	assert_null(memmem(frame.ptr, frame.len, "planted", strlen("planted")));
	assert_int_equal(unsetenv("TWO"), 0);
	secrets_wipe(&frame);
	arena_free(arena);
	secrets_free(secrets);
}

TEST(another_value_counts_when_it_is_declared)
{
	static const char *const names[] = {"ONE", NULL};
	struct pair pairs[4];
	struct frame_manifest manifest = manifest_of(pairs, names);
	struct secrets *a =
	    secrets_of("{\"ONE\":{\"value\":\"1\"},\"OTHER\":{\"value\":\"x\"}}");
	struct secrets *b =
	    secrets_of("{\"ONE\":{\"value\":\"1\"},\"OTHER\":{\"value\":\"y\"}}");
	struct secrets *c = secrets_of("{\"ONE\":{\"value\":\"2\"}}");
	struct secrets *d = secrets_of("{}");
	assert_true(app_secrets_same(&manifest, a, b));
	assert_false(app_secrets_same(&manifest, a, c));
	assert_false(app_secrets_same(&manifest, a, d));
	secrets_free(a);
	secrets_free(b);
	secrets_free(c);
	secrets_free(d);
}
