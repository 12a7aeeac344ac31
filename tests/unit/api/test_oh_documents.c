/* api_docs and api_find: documents as a handler writes and reads them. */
#include "unit/host/play.h"

static char id[32]; /* of the document inserted last */

static const char *text_of(const json_t *doc, const char *name)
{
	const char *text = json_string_value(json_object_get(doc, name));
	return text != NULL ? text : "(none)";
}

static json_t *number(int n)
{
	return json_pack("{s:i}", "number", n);
}

static int inserts(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	(void)snprintf(id, sizeof(id), "%s",
	    oh_insert(event, "orders",
		json_pack("{s:i, s:s, s:[i]}", "number", 5, "state", "new", "l", 1)));
	(void)oh_insert(event, "notes", json_pack("{s:i}", "n", 1));
	(void)oh_insert(event, "notes", json_pack("{s:i}", "n", 2));
	return OH_OK;
}

static int reads(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	json_t *by_id = oh_get(event, "orders", id);
	json_t *by_key = oh_get(event, "orders", "5");
	assert_true(json_equal(by_id, by_key));
	assert_string_equal(text_of(by_id, "_id"), id);
	assert_string_equal(text_of(by_id, "state"), "new");
	assert_null(oh_get(event, "orders", "6"));
	assert_null(oh_get(event, "nowhere", id));
	assert_null(oh_get(event, "orders", NULL));
	json_decref(by_id);
	json_decref(by_key);
	json_t *notes =
	    oh_find(event, "notes", json_object(), json_pack("{s:i}", "n", -1), 0);
	assert_int_equal(json_array_size(notes), 2);
	assert_int_equal(
	    json_integer_value(json_object_get(json_array_get(notes, 0), "n")), 2);
	json_decref(notes);
	notes = oh_find(event, "notes", json_object(), NULL, 1);
	assert_int_equal(json_array_size(notes), 1);
	json_decref(notes);
	json_t *one = oh_find_one(event, "notes", json_pack("{s:i}", "n", 2));
	assert_int_equal(json_integer_value(json_object_get(one, "n")), 2);
	json_decref(one);
	assert_null(oh_find_one(event, "notes", json_pack("{s:i}", "n", 3)));
	assert_int_equal(oh_count(event, "notes", json_object()), 2);
	assert_int_equal(
	    oh_count(event, "notes", json_pack("{s:{s:i}}", "n", "$gt", 1)), 1);
	return OH_OK;
}

PLAY_STORE_TEST(what_was_inserted_is_found)
{
	play_well(*state, inserts);
	assert_int_equal(strlen(id), 24);
	play_well(*state, reads);
}

/* ---- own writes ---- */

static const char *state_of(oh_event *event, const char *name)
{
	static char out[32];
	json_t *doc = oh_get(event, "orders", name);
	(void)snprintf(
	    out, sizeof(out), "%s", doc == NULL ? "gone" : text_of(doc, "state"));
	json_decref(doc);
	return out;
}

static json_t *to_state(const char *to)
{
	return json_pack("{s:{s:s}}", "$set", "state", to);
}

static int sees_its_own_writes(oh_event *event, oh_twiml *reply)
{
	const char *mine = oh_insert(
	    event, "orders", json_pack("{s:i, s:s}", "number", 6, "state", "new"));
	(void)reply;
	assert_string_equal(state_of(event, mine), "new");
	assert_string_equal(state_of(event, "6"), "new");
	assert_int_equal(oh_update(event, "orders", number(6), to_state("paid")), 1);
	assert_string_equal(state_of(event, mine), "paid");
	assert_string_equal(state_of(event, "6"), "paid");
	assert_int_equal(oh_update(event, "orders", json_pack("{s:s}", "_id", mine),
			     to_state("sent")),
	    1);
	assert_string_equal(state_of(event, "6"), "sent");
	/* Not the one of the store, nor by find. */
	assert_string_equal(state_of(event, "5"), "new");
	assert_int_equal(oh_count(event, "orders", json_object()), 1);
	assert_int_equal(oh_update(event, "orders", json_object(), to_state("all")), 1);
	assert_string_equal(state_of(event, "5"), "all");
	assert_string_equal(state_of(event, id), "all");
	assert_int_equal(oh_remove(event, "orders", number(5)), 1);
	assert_string_equal(state_of(event, "5"), "gone");
	assert_string_equal(state_of(event, id), "gone");
	assert_int_equal(oh_remove(event, "orders", number(5)), 0);
	oh_upsert(event, "orders", "7", json_pack("{s:i, s:s}", "number", 7, "a", "b"),
	    to_state("made"));
	assert_string_equal(state_of(event, "7"), "made");
	oh_upsert(event, "orders", "7", number(7), to_state("remade"));
	assert_string_equal(state_of(event, "7"), "remade");
	return OH_OK;
}

static int finds_what_it_saw(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_string_equal(state_of(event, "5"), "gone");
	assert_string_equal(state_of(event, "6"), "sent");
	assert_string_equal(state_of(event, "7"), "remade");
	assert_int_equal(oh_count(event, "orders", json_object()), 2);
	return OH_OK;
}

PLAY_STORE_TEST(a_get_sees_own_writes_as_they_will_be)
{
	play_well(*state, inserts);
	play_well(*state, sees_its_own_writes);
	play_well(*state, finds_what_it_saw);
}

/* ---- updates ---- */

static int updates_two(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_int_equal(oh_update(event, "notes", json_object(),
			     json_pack("{s:{s:i}}", "$inc", "n", 10)),
	    2);
	assert_int_equal(oh_update(event, "notes", json_pack("{s:i}", "n", 99),
			     json_pack("{s:{s:i}}", "$inc", "n", 10)),
	    0);
	return OH_OK;
}

static int removes_one(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_int_equal(oh_remove(event, "notes", json_pack("{s:i}", "n", 11)), 1);
	return OH_OK;
}

static int finds_one_note(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	assert_int_equal(oh_count(event, "notes", json_object()), 1);
	assert_int_equal(oh_count(event, "notes", json_pack("{s:i}", "n", 12)), 1);
	return OH_OK;
}

PLAY_STORE_TEST(updates_change_what_matches)
{
	play_well(*state, inserts);
	play_well(*state, updates_two);
	play_well(*state, removes_one);
	play_well(*state, finds_one_note);
}

static int expects_one(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_update_expecting(event, "orders",
	    json_pack("{s:i,s:s}", "number", 5, "state", "new"), to_state("taken"), 1);
	return OH_OK;
}

static int expects_one_note(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_update_expecting(
	    event, "notes", json_object(), json_pack("{s:{s:b}}", "$set", "x", 1), 1);
	return OH_OK;
}

PLAY_STORE_TEST(another_number_than_expected_is_a_conflict)
{
	play_well(*state, inserts);
	play_well(*state, expects_one);
	assert_true(play_run(*state, OH_MESSAGE, expects_one)->ok);
	assert_int_equal(play_commit(*state), STORE_CONFLICT);
	assert_true(play_run(*state, OH_MESSAGE, expects_one_note)->ok);
	assert_int_equal(play_commit(*state), STORE_CONFLICT);
}

PLAY_STORE_TEST(a_key_that_is_taken_is_a_conflict)
{
	play_well(*state, inserts);
	assert_true(play_run(*state, OH_MESSAGE, inserts)->ok);
	assert_int_equal(play_commit(*state), STORE_CONFLICT);
}

static int writes_by_key(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	(void)oh_update(event, "orders", number(5), to_state("x"));
	return OH_OK;
}

PLAY_STORE_TEST(a_filter_on_the_key_is_a_write_by_key)
{
	const struct frame_result *result = play_run(*state, OH_MESSAGE, writes_by_key);
	assert_true(result->ok);
	assert_int_equal(result->write_count, 1);
	assert_string_equal(result->writes[0].key.ptr, "5");
	assert_int_equal(result->writes[0].id_count, 0);
	assert_int_equal(result->writes[0].expect, -1);
	assert_string_equal(result->writes[0].filter.ptr, "{\"number\":5}");
}

/* ---- upserts ---- */

static int counts(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_upsert(event, "orders", "9", json_object(),
	    json_pack("{s:{s:i}}", "$inc", "n", 1));
	oh_upsert(event, "orders", "10", json_pack("{s:i}", "first", 1), json_object());
	return OH_OK;
}

static int finds_counted(oh_event *event, oh_twiml *reply)
{
	json_t *doc = oh_get(event, "orders", "9");
	(void)reply;
	assert_int_equal(json_integer_value(json_object_get(doc, "n")), 2);
	assert_string_equal(text_of(doc, "number"), "9");
	json_decref(doc);
	doc = oh_get(event, "orders", "10");
	assert_int_equal(json_integer_value(json_object_get(doc, "first")), 1);
	json_decref(doc);
	return OH_OK;
}

PLAY_STORE_TEST(an_upsert_inserts_or_updates)
{
	play_well(*state, counts);
	play_well(*state, counts);
	play_well(*state, finds_counted);
}
