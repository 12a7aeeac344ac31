#include "test.h"

#include <string.h>

#include "secrets/secrets.h"

TEST(a_name_is_a_word_and_a_value_is_text)
{
	static const struct {
		const char *name;
		bool good;
	} names[] = {{"A", true}, {"_x9", true}, {"OPENAI_KEY", true}, {"", false},
	    {"9A", false}, {"A-B", false}, {"A=sk-1234", false}, {"A B", false},
	    {"\xc3\xa4", false}};
	struct error err;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int rc = secret_check_name(span_of(names[i].name), &err);
		if ((rc == 0) != names[i].good)
			fail_msg("%s: %d", names[i].name, rc);
		if (rc != 0)
			assert_null(strstr(err.text, "sk-1234"));
	}
	assert_int_equal(secret_check_value(SPAN("x\ny"), &err), 0);
	assert_int_equal(secret_check_value(SPAN(""), &err), -1);
	assert_int_equal(secret_check_value(SPAN("a\0b"), &err), -1);
	assert_int_equal(secret_check_value(SPAN("a\xff"), &err), -1);
}

TEST(what_is_written_reads_the_same_and_a_change_without_a_value_removes)
{
	struct secrets *one = secrets_new(), *two = secrets_new();
	struct buf json = {0}, gone = {0};
	struct error err;
	assert_int_equal(
	    secrets_read(one,
		SPAN("{\"B\":{\"value\":\"\\u00e4 \\\"quoted\\\"\\n\",\"setAt\":"
		     "\"2026-01-31T12:00:00.000Z\"},\"A\":{\"value\":\"1\"},"
		     "\"AA\":{\"value\":\"2\",\"lastUsed\":3}}"),
		&err),
	    0);
	assert_int_equal(secrets_count(one), 3);
	assert_string_equal(secrets_at(one, 0)->name, "A");
	assert_string_equal(secrets_at(one, 1)->name, "AA");
	assert_string_equal(secrets_find(one, SPAN("B"))->value, "ä \"quoted\"\n");
	assert_true(secrets_find(one, SPAN("B"))->set_at_ms == INT64_C(1769860800000));
	assert_null(secrets_find(one, SPAN("C")));
	assert_null(secrets_find(one, SPAN("")));
	secrets_write(&json, one);
	assert_int_equal(secrets_read(two, buf_span(&json), &err), 0);
	assert_true(secrets_same(one, two));
	secrets_write_one(&gone, SPAN("AA"), (struct span){0}, 0);
	assert_int_equal(secrets_read(two, buf_span(&gone), &err), 0);
	assert_int_equal(secrets_count(two), 2);
	assert_null(secrets_find(two, SPAN("AA")));
	assert_false(secrets_same(one, two));
	secrets_wipe(&json);
	secrets_wipe(&gone);
	secrets_free(one);
	secrets_free(two);
}

TEST(what_is_no_list_of_secrets_is_refused_without_being_shown)
{
	static const char *const rows[] = {"", "[]", "x", "{\"A\":\"planted\"}",
	    "{\"A\":{\"value\":1}}", "{\"A\":{}}",
	    "{\"a planted b\":{\"value\":\"x\"}}",
	    "{\"A\":{\"value\":\"planted\\u0000\"}}",
	    "{\"A\":{\"value\":\"x\"},\"A\":{\"value\":\"planted\"}}",
	    "{\"A\":{\"value\":\"\"}}"};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct secrets *secrets = secrets_new();
		struct error err = {""};
		if (secrets_read(secrets, span_of(rows[i]), &err) == 0)
			fail_msg("%s", rows[i]);
		assert_null(strstr(err.text, "planted"));
		secrets_free(secrets);
	}
}
