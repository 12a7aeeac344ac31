/* fields -- whether the fields that a command names are there. Documents have no schema: a
 * field is known when a document of the collection has it. */
#ifndef OFFHOOK_CLI_FIELDS_H
#define OFFHOOK_CLI_FIELDS_H

#include "store/store.h"
#include "util/error.h"

/* -1 with err, which says what was probably meant, when the collection has documents, but
 * none with something at that dotted path. */
int fields_check(struct store_reader *reader, const char *collection, const char *path,
    struct error *err);
/* The same for what has a fixed set of fields (known ends with NULL): -1 with err when the
 * filter (JSON text; NULL: none) names another one. Of a dotted path the first name counts. */
int fields_check_known(const char *filter, const char *const *known, struct error *err);
/* After a search that found nothing: says on stderr which field of the filter (JSON text;
 * NULL: none) no document has. */
void fields_explain(
    struct store_reader *reader, const char *collection, const char *filter);

#endif
