/* docs -- documents, as the front reads them from an engine: sorted, some left out,
 * counted. */
#include <assert.h>
#include <stdlib.h>

#include "query/sort.h"
#include "store/engine.h"
#include "store/name.h"
#include "util/mem.h"

struct store_docs {
	const struct engine *engine;
	struct engine_reader *reader;
	struct store_query query;
	struct engine_docs *docs; /* NULL: nothing was read yet */
	struct sorter sorter;     /* when they are to be sorted: all of them */
	int64_t seen;             /* skipped ones too */
};

struct store_docs *store_docs_open(
    struct store_reader *reader, const struct store_query *query)
{
	assert(query->limit >= 0 && query->skip >= 0);
	struct store_docs *docs = mem_new(1, sizeof(*docs));
	docs->engine = reader->engine;
	docs->reader = reader->reader;
	docs->query = *query;
	return docs;
}

static int docs_begin(struct store_docs *docs, struct error *err)
{
	const struct store_query *query = &docs->query;
	struct store_doc doc;
	int rc = 0;
	if (name_check(query->collection, err) < 0 ||
	    (query->sort != NULL && filter_sort_check(query->sort, err) < 0))
		return -1;
	docs->docs = docs->engine->docs(docs->reader, query);
	if (query->sort == NULL)
		return 0;
	docs->sorter.order = query->sort;
	docs->sorter.keep =
	    query->limit == 0 ? 0 : (size_t)(query->skip + query->limit);
	while ((rc = docs->docs->next(docs->docs, &doc, err)) == 1)
		sorter_add(&docs->sorter, doc.row, doc.json);
	sorter_finish(&docs->sorter);
	return rc;
}

static int docs_one(struct store_docs *docs, struct store_doc *out, struct error *err)
{
	if (docs->query.sort == NULL)
		return docs->docs->next(docs->docs, out, err);
	if (docs->seen >= (int64_t)docs->sorter.count)
		return 0;
	const struct sorted *sorted = &docs->sorter.heap[docs->seen];
	*out = (struct store_doc){.row = sorted->row, .json = sorted->doc};
	return 1;
}

int store_docs_next(struct store_docs *docs, struct store_doc *out, struct error *err)
{
	const struct store_query *query = &docs->query;
	int rc = 1;
	if (docs->docs == NULL && docs_begin(docs, err) < 0)
		return -1;
	do {
		if (query->limit > 0 && docs->seen == query->skip + query->limit)
			return 0;
		rc = docs_one(docs, out, err);
		docs->seen++;
	} while (rc == 1 && docs->seen <= query->skip);
	return rc;
}

void store_docs_close(struct store_docs *docs)
{
	if (docs == NULL)
		return;
	if (docs->docs != NULL)
		docs->docs->close(docs->docs);
	sorter_clear(&docs->sorter);
	free(docs);
}

int64_t store_count(
    struct store_reader *reader, const struct store_query *query, struct error *err)
{
	struct store_query unsorted = *query;
	struct store_doc doc;
	int64_t count = 0;
	int rc;
	if (query->filter == NULL) {
		if (name_check(query->collection, err) < 0)
			return -1;
		count = reader->engine->count(reader->reader, query->collection, err);
		if (count < 0)
			return -1;
		count = count > query->skip ? count - query->skip : 0;
		return query->limit > 0 && count > query->limit ? query->limit : count;
	}
	unsorted.sort = NULL;
	struct store_docs *docs = store_docs_open(reader, &unsorted);
	while ((rc = store_docs_next(docs, &doc, err)) == 1)
		count++;
	store_docs_close(docs);
	return rc < 0 ? -1 : count;
}

int store_get(struct store_reader *reader, const char *collection, struct span key,
    bool by_id, json_t **out, struct error *err)
{
	*out = NULL;
	if (name_check(collection, err) < 0)
		return -1;
	return reader->engine->get(reader->reader, collection, key, by_id, out, err);
}
