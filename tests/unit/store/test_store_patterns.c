/* Regular expressions in the store: a search that takes too long is an error, and the
 * writer does not match again what is unchanged. */
#include "store_fixture.h"

#define EVIL "{\"t\": {\"$regex\": \"^(a+)+$\"}}"

enum { DOCS = 100 };

static void insert_all(struct fixture *f)
{
	for (int i = 0; i < DOCS; i++)
		assert_int_equal(
		    insert(f, "c",
			"{\"t\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"}", NULL),
		    STORE_OK);
}

static int search(struct fixture *f, const char *filter, const char *sort)
{
	struct store_query query = {.collection = "c", .filter = filter_of(filter)};
	struct store_doc doc;
	json_t *order = sort == NULL ? NULL : json_loads(sort, 0, NULL);
	query.sort = order;
	struct store_docs *docs = store_docs_open(f->reader, &query);
	int rc = store_docs_next(docs, &doc, &f->err);
	store_docs_close(docs);
	filter_free((struct filter *)(uintptr_t)query.filter);
	json_decref(order);
	return rc;
}

/* faults 4.8: a search */
STORE_TEST(a_search_that_takes_too_long_is_an_error)
{
	struct fixture *f = *state;
	insert_all(f);
	assert_int_equal(search(f, EVIL, NULL), -1);
	assert_non_null(strstr(f->err.text, "takes too long"));
	f->err.text[0] = '\0';
	assert_int_equal(search(f, EVIL, "{\"t\": 1}"), -1);
	assert_non_null(strstr(f->err.text, "takes too long"));
	assert_int_equal(search(f, "{\"t\": {\"$regex\": \"b$\"}}", "{\"t\": 1}"), 1);
}

struct rows {
	int64_t ids[DOCS], stamps[DOCS];
};

static void read_rows(struct fixture *f, struct rows *rows)
{
	struct store_query query = {.collection = "c", .stamped = true};
	struct store_doc doc;
	size_t count = 0;
	struct store_docs *docs = store_docs_open(f->reader, &query);
	while (store_docs_next(docs, &doc, &f->err) == 1) {
		assert_true(count < DOCS && doc.stamp != 0);
		rows->ids[count] = doc.row;
		rows->stamps[count++] = doc.stamp;
	}
	store_docs_close(docs);
	assert_int_equal(count, DOCS);
}

static enum store_result update_rows(
    struct fixture *f, const struct rows *rows, bool stamped, const char *update)
{
	struct filter *filter = filter_of(EVIL);
	struct update *how = update_of(update);
	struct store_write write = {.op = STORE_UPDATE,
	    .collection = "c",
	    .ids = rows->ids,
	    .id_count = DOCS,
	    .stamps = stamped ? rows->stamps : NULL,
	    .filter = filter,
	    .update = how,
	    .expect = -1};
	enum store_result result = commit_write(f, &write);
	filter_free(filter);
	update_free(how);
	return result;
}

/* faults 4.8: an update */
STORE_TEST(the_writer_matches_only_what_has_changed)
{
	struct fixture *f = *state;
	struct rows rows;
	insert_all(f);
	read_rows(f, &rows);
	assert_int_equal(
	    update_rows(f, &rows, false, "{\"$set\":{\"n\":1}}"), STORE_CONFLICT);
	assert_non_null(strstr(f->err.text, "collection 'c': $regex takes too long"));
	assert_int_equal(update_rows(f, &rows, true, "{\"$set\":{\"n\":1}}"), STORE_OK);
	/* Its own change counts as one, too. */
	assert_int_equal(
	    update_rows(f, &rows, true, "{\"$set\":{\"n\":2}}"), STORE_CONFLICT);
	read_rows(f, &rows);
	assert_int_equal(
	    update_rows(f, &rows, true, "{\"$set\":{\"t\":\"aaa\"}}"), STORE_OK);
	/* What has changed is matched, and matches. */
	assert_int_equal(update_rows(f, &rows, true, "{\"$set\":{\"n\":3}}"), STORE_OK);
	assert_true(search(f, "{\"n\": 3}", NULL) == 1);
	assert_int_equal(search(f, "{\"n\": {\"$ne\": 3}}", NULL), 0);
}
