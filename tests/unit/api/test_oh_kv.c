/* api_kv: key-value, with expiry. */
#include "store/reserved.h"
#include "unit/host/play.h"

static const char *kv(oh_event *event, const char *key)
{
	const char *value = oh_kv(event, key);
	return value != NULL ? value : "(none)";
}

static int sets(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_set(event, "a", "1", 0);
	oh_set(event, "b", "2", 3600);
	oh_set(event, "c", "3", 0);
	assert_string_equal(kv(event, "a"), "1");
	oh_set(event, "a", "one", 0);
	assert_string_equal(kv(event, "a"), "one");
	oh_set(event, "c", NULL, 0);
	assert_string_equal(kv(event, "c"), "(none)");
	return OH_OK;
}

static int gets(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_string_equal(kv(event, "a"), "one");
	assert_string_equal(kv(event, "b"), "2");
	assert_string_equal(kv(event, "c"), "(none)");
	assert_null(oh_kv(event, NULL));
	return OH_OK;
}

PLAY_STORE_TEST(values_are_kept_and_seen_at_once)
{
	play_well(*state, sets);
	play_well(*state, gets);
}

/* As one that was set for a second, an hour ago. */
static int plants_an_old_one(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	(void)oh_insert(event, COLLECTION_KV,
	    json_pack("{s:s, s:s, s:I}", "key", "old", "value", "x", "expiresAt",
		(json_int_t)1000));
	assert_string_equal(kv(event, "old"), "(none)");
	return OH_OK;
}

static int misses_the_old_one(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_string_equal(kv(event, "old"), "(none)");
	oh_set(event, "old", "new", 60);
	assert_string_equal(kv(event, "old"), "new");
	return OH_OK;
}

PLAY_STORE_TEST(what_has_expired_is_gone)
{
	play_well(*state, plants_an_old_one);
	play_well(*state, misses_the_old_one);
}

static int null_key(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_set(event, NULL, "x", 0);
	return OH_OK;
}

static int bytes(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_set(event, "a", "\xFF", 0);
	return OH_OK;
}

static int past(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_set(event, "a", "x", -1);
	return OH_OK;
}

PLAY_STORE_TEST(mistakes_are_told)
{
	play_badly(*state, null_key, "oh_set, offhook.kv: the key is NULL");
	play_badly(*state, bytes, "not UTF-8");
	play_badly(*state, past, "-1 s");
}
