/* data -- how commands use the store: they read beside a running server, and let it
 * make the changes. */
#ifndef OFFHOOK_CLI_DATA_H
#define OFFHOOK_CLI_DATA_H

#include <jansson.h>

#include "cli/options.h"
#include "store/store.h"
#include "util/error.h"

/* Opens the store of --data for reading. */
int data_open(
    struct store_reader **out, const struct options *options, struct error *err);
/* Makes the server carry out a request (control/control.h), or does so here when no
 * server runs. Takes the request; the caller owns *answer. */
int data_change(
    json_t **answer, const struct options *options, json_t *request, struct error *err);

/* The same for what only a server can do: -1 with err when none runs. */
int data_ask_server(
    json_t **answer, const struct options *options, json_t *request, struct error *err);

/* The same for many requests: without a server, it opens the store only once. */
struct data_writer;

int data_writer_open(
    struct data_writer **out, const struct options *options, struct error *err);
int data_writer_ask(
    struct data_writer *writer, json_t **answer, json_t *request, struct error *err);
/* Whether no server runs; false before the first request. */
bool data_writer_alone(const struct data_writer *writer);
void data_writer_close(struct data_writer *writer); /* NULL is fine */

/* -1 with err, which names the existing collections, when the collection does not
 * exist. */
int data_check_collection(
    struct store_reader *reader, const char *collection, struct error *err);
/* The same for a queue, which the store or a program's table (NULL: none) may have;
 * `otherwise` is said when no name is near. An absent name is fine. */
int data_check_queue(struct store_reader *reader, const oh_app *app, struct span name,
    const char *otherwise, struct error *err);
/* Compiles a filter from JSON text. Without text, *out is NULL. */
int data_filter(struct filter **out, const char *text, struct error *err);

#endif
