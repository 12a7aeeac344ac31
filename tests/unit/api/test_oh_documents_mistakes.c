/* api_docs, api_find: what handlers get wrong, and what they are told. Everything they
 * gave is freed all the same (the sanitizer's leak check sees to that). */
#include "unit/host/play.h"

static json_t *object(void)
{
	return json_pack("{s:i}", "a", 1);
}

static json_t *set_a(void)
{
	return json_pack("{s:{s:i}}", "$set", "a", 2);
}

static int null_document(oh_event *event, oh_twiml *reply)
{
	const char *missing = NULL;
	(void)reply;
	/* Goes on quietly after it. */
	assert_string_equal(
	    oh_insert(event, "orders", json_pack("{s:s}", "a", missing)), "");
	(void)oh_insert(event, "orders", object());
	return OH_OK;
}

static int list_document(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	(void)oh_insert(event, "orders", json_array());
	return OH_OK;
}

static int with_id(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	(void)oh_insert(event, "orders", json_pack("{s:s}", "_id", "1"));
	return OH_OK;
}

static int bad_name(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	(void)oh_insert(event, "my orders", object());
	assert_null(oh_get(event, "my orders", "5"));
	assert_int_equal(oh_count(event, "my orders", object()), 0);
	json_decref(oh_find(event, "my orders", object(), object(), 0));
	assert_null(oh_find_one(event, "my orders", object()));
	assert_int_equal(oh_update(event, "my orders", object(), set_a()), 0);
	oh_update_expecting(event, "my orders", object(), set_a(), 1);
	oh_upsert(event, "my orders", "5", object(), set_a());
	assert_int_equal(oh_remove(event, "my orders", object()), 0);
	return OH_OK;
}

static int null_name(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	(void)oh_insert(event, NULL, object());
	return OH_OK;
}

static int null_filter(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_int_equal(oh_remove(event, "orders", NULL), 0);
	return OH_OK;
}

static int unknown_operator(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	json_t *found =
	    oh_find(event, "orders", json_pack("{s:{s:i}}", "n", "$gte_", 1), NULL, 0);
	assert_true(json_is_array(found));
	json_decref(found);
	return OH_OK;
}

static int bad_sort(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	json_decref(oh_find(event, "orders", object(), json_pack("{s:i}", "n", 7), 0));
	return OH_OK;
}

static int plain_update(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	(void)oh_update(event, "orders", object(), object());
	return OH_OK;
}

static int null_update(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	(void)oh_update(event, "orders", object(), NULL);
	return OH_OK;
}

static int null_upsert(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_upsert(event, "orders", "5", object(), NULL);
	return OH_OK;
}

static int bad_upsert(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_upsert(event, "orders", "5", object(), object());
	return OH_OK;
}

static int no_key(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_upsert(event, "notes", "5", object(), set_a());
	return OH_OK;
}

static int other_key(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_upsert(event, "orders", "5", json_pack("{s:i}", "number", 6), set_a());
	return OH_OK;
}

static int null_key(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_upsert(event, "orders", NULL, object(), set_a());
	return OH_OK;
}

static int deep_key(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_upsert(event, "deep", "5", object(), set_a());
	return OH_OK;
}

static int expects_less_than_none(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_update_expecting(event, "orders", object(), set_a(), -1);
	return OH_OK;
}

static int inserts_too_many(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	for (int i = 0; i <= FRAME_ROWS; i++)
		(void)oh_insert(event, "notes", json_object());
	return OH_OK;
}

/* {"a": a text that is not UTF-8} */
static json_t *no_text(void)
{
	return json_pack("{s:o}", "a", json_string_nocheck("a\xFF"));
}

static int inserts_no_text(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_string_equal(oh_insert(event, "orders", no_text()), "");
	return OH_OK;
}

static int upserts_no_text(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_upsert(event, "orders", "5", no_text(), set_a());
	return OH_OK;
}

static int filters_no_text(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	(void)oh_remove(event, "orders", no_text());
	return OH_OK;
}

PLAY_STORE_TEST(a_mistake_is_told_by_call_and_collection)
{
	static const struct {
		oh_handler handler;
		const char *said;
	} table[] = {
	    {null_document, "oh_insert, orders: the document is NULL"},
	    {list_document, "oh_insert, orders: the document is not an object"},
	    {with_id, "has an \"_id\" already"},
	    {bad_name, "oh_insert, my orders: this cannot be a collection"},
	    {null_name, "(NULL)"},
	    {null_filter, "oh_remove, orders: the filter is NULL"},
	    {unknown_operator, "$gte_"},
	    {bad_sort, "oh_find, orders: "},
	    {plain_update, "$set"},
	    {null_update, "oh_update, orders: the update is NULL"},
	    {null_upsert, "oh_upsert, orders: the update is NULL"},
	    {bad_upsert, "$set"},
	    {no_key, "oh_upsert, notes: the collection has no key"},
	    {other_key, "the document's \"number\" is not the key"},
	    {null_key, "the key is NULL"},
	    {deep_key, "the document's \"of.key\" is not the key"},
	    {expects_less_than_none, "fewer than no documents"},
	    {inserts_too_many, "can insert 1000 documents, no more"},
	    {inserts_no_text,
		"oh_insert, orders: the document has a text that is not UTF-8"},
	    {upserts_no_text,
		"oh_upsert, orders: the document has a text that is not UTF-8"},
	    {filters_no_text,
		"oh_remove, orders: the filter has a text that is not UTF-8"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		play_badly(*state, table[i].handler, table[i].said);
}

static int reads_nothing(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_null(oh_get(event, "calls", "CA1"));
	return OH_OK;
}

PLAY_TEST(without_a_store_reading_is_a_mistake)
{
	play_badly(*state, reads_nothing, "oh_get, calls: there is no store to read");
}
