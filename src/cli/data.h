/* data -- how commands reach the store: readers beside a running server, changes
 * through it. */
#ifndef OFFHOOK_CLI_DATA_H
#define OFFHOOK_CLI_DATA_H

#include <jansson.h>

#include "cli/options.h"
#include "store/store.h"
#include "util/error.h"

/* Opens the store of --data for reading. */
int data_open(
    struct store_reader **out, const struct options *options, struct error *err);
/* Has the server carry out a request (app/control.h), or does it here when none runs.
 * Takes the request; *answer is the caller's. */
int data_change(
    json_t **answer, const struct options *options, json_t *request, struct error *err);

/* The same for many requests: the store is opened once, when no server runs. */
struct data_writer;

int data_writer_open(
    struct data_writer **out, const struct options *options, struct error *err);
int data_writer_ask(
    struct data_writer *writer, json_t **answer, json_t *request, struct error *err);
/* Whether there was no server to ask. */
bool data_writer_alone(const struct data_writer *writer);
void data_writer_close(struct data_writer *writer); /* NULL is fine */

/* An error unless there is that collection; it names those there are. */
int data_check_collection(
    struct store_reader *reader, const char *collection, struct error *err);
/* Compiles a filter given as JSON text; NULL text gives no filter. */
int data_filter(struct filter **out, const char *text, struct error *err);

#endif
