/* document_call -- what the calls on documents have in common: they check what a handler
 * gave, say what is wrong with it, and read a document as the handler sees it. */
#ifndef OFFHOOK_API_DOCUMENT_CALL_H
#define OFFHOOK_API_DOCUMENT_CALL_H

#include "api/app_collections.h"
#include "api/context.h"
#include "api/stage.h"
#include "store/store.h"

/* One call of a handler: "oh_insert" into "orders". */
struct documents_call {
	oh_context *context;
	const char *name;
	const char *collection;
	const char *key_field; /* of the collection, or NULL */
	struct budget *budget; /* for the filters that are matched here */
};

/* Fills out. False after a mistake: the collection's name is wrong. */
bool documents_call(struct documents_call *out, oh_context *context, const char *name,
    const char *collection);
/* Notes a mistake that names the call and its collection. */
OH_PRINTF(2, 3)
void documents_fail(const struct documents_call *call, const char *format, ...);
/* False, and a mistake ("the filter is NULL: …"), when json is not an object. */
bool documents_object(
    const struct documents_call *call, const char *what, const json_t *json);
/* Text of what a handler gave, in the arena; absent after a mistake. */
struct span documents_text(
    const struct documents_call *call, const char *what, const json_t *json);
/* Compile; NULL after a mistake. */
struct filter *documents_filter(
    const struct documents_call *call, const json_t *filter);
struct update *documents_update(
    const struct documents_call *call, const json_t *update);

/* The one document, own writes included (the caller's), or NULL. */
json_t *documents_get(
    const struct documents_call *call, const struct stage_target *target);
/* Documents that match, for documents_next and store_docs_close; NULL after a mistake. */
struct store_docs *documents_open(
    const struct documents_call *call, const struct store_query *query);
/* False at the end, and after a mistake. */
bool documents_next(
    const struct documents_call *call, struct store_docs *docs, struct store_doc *out);
/* Whether a document matches; false after a mistake: the filter takes too long. */
bool documents_match(
    const struct documents_call *call, const struct filter *filter, const json_t *doc);
/* Whether the filter asks for one "_id" or key: then out names it, pointing into the
 * filter or digits. */
bool documents_target(struct stage_target *out, const struct documents_call *call,
    const struct filter *filter, char digits[COLLECTIONS_KEY_DIGITS]);

#endif
