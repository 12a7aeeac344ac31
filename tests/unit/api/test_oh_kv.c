/* oh_kv: key-value, with expiry. */
#include "store/reserved.h"
#include "unit/host/play.h"

#include <math.h>

static const char *kv(oh_event *event, const char *key)
{
	return oh_kv_get_or(event, key, "(none)");
}

static int sets(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_kv_set(event, "a", "1", 0);
	oh_kv_set(event, "b", "2", 3600);
	oh_kv_set(event, "c", "3", 0);
	assert_string_equal(kv(event, "a"), "1");
	oh_kv_set(event, "a", "one", 0);
	assert_string_equal(kv(event, "a"), "one");
	oh_kv_remove(event, "c");
	assert_string_equal(kv(event, "c"), "(none)");
	return OH_OK;
}

static int gets(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_string_equal(kv(event, "a"), "one");
	assert_string_equal(kv(event, "b"), "2");
	assert_string_equal(kv(event, "c"), "(none)");
	assert_string_equal(oh_kv_get(event, "c"), "");
	assert_string_equal(oh_kv_get(event, "a"), "one");
	return OH_OK;
}

PLAY_STORE_TEST(values_are_kept_and_seen_at_once)
{
	play_well(*state, sets);
	play_well(*state, gets);
}

/* As if it had been set for a second, an hour ago. */
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
	oh_kv_set(event, "old", "new", 60);
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
	oh_kv_set(event, NULL, "x", 0);
	return OH_OK;
}

static int gets_null(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_null(oh_kv_get_or(event, NULL, NULL));
	return OH_OK;
}

static int null_value(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_kv_set(event, "a", NULL, 0);
	return OH_OK;
}

static int removes_null(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_kv_remove(event, NULL);
	return OH_OK;
}

static int endless(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_kv_set(event, "a", "x", (double)NAN);
	return OH_OK;
}

static int bytes(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_kv_set(event, "a", "\xFF", 0);
	return OH_OK;
}

static int past(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_kv_set(event, "a", "x", -1);
	return OH_OK;
}

PLAY_STORE_TEST(mistakes_are_told)
{
	play_badly(*state, null_key, "oh_kv_set, offhook.kv: the key is NULL");
	play_badly(*state, bytes, "not UTF-8");
	play_badly(*state, past, "-1 s");
	play_badly(*state, gets_null, "oh_kv_get, offhook.kv: the key is NULL");
	play_badly(*state, null_value, "the value is NULL");
	play_badly(*state, removes_null, "oh_kv_remove, offhook.kv: the key is NULL");
	play_badly(*state, endless, "0 (for ever) to 100 years");
}
