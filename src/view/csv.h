/* csv -- JSON objects as a table: RFC 4180, with CRLF. */
#ifndef OFFHOOK_VIEW_CSV_H
#define OFFHOOK_VIEW_CSV_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct csv;

/* safe: texts that a spreadsheet would take for a formula (= + - @ tab CR LF first, also
 * in full width) get a ' before them. That changes phone numbers too, hence only on demand.
 * printable: for a terminal, texts as printable_text writes them, each on one line. */
struct csv *csv_new(bool safe, bool printable);
void csv_free(struct csv *csv); /* NULL is fine */
/* First all objects are shown to this: their fields become the columns, in the order
 * in which they first appear. */
void csv_learn(struct csv *csv, json_t *object);
void csv_header(struct csv *csv, FILE *out);
/* Texts as they are, null and missing as nothing, the rest as JSON. Fields that were
 * not learned are left out. */
void csv_row(struct csv *csv, FILE *out, json_t *object);

#endif
