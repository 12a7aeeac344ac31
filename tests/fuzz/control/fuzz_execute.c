/* A command of the owner is answered or refused with words, whatever it holds. The input is
 * one line of DIR/control.sock. */
#include <stdio.h>
#include <unistd.h>

#include "control/control.h"
#include "engines/engines.h"
#include "fuzz/fuzz.h"

static struct store *store;
static char dir[40];

static void clean_up(void)
{
	char command[64];
	store_close(store);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	(void)!system(command);
}

static void open_store(void)
{
	struct store_config config = {.dir = dir};
	struct store_job_write write = {.op = JOB_ENQUEUE,
	    .job = {.queue = SPAN("q"), .payload = SPAN("{}"), .created_at_ms = 1}};
	struct store_txn txn = {.jobs = &write};
	/* In memory, if it can be: each command syncs. */
	(void)snprintf(dir, sizeof(dir), "%s/offhook-fuzz-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(dir) != NULL);
	must(store_open(&store, engines_for(dir), &config, NULL) == 0);
	must(store_commit(store, &txn) == STORE_OK);
	(void)atexit(clean_up);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {""};
	json_t *answer = NULL;
	if (store == NULL)
		open_store();
	json_t *request = json_loadb((const char *)data, size, 0, NULL);
	if (request == NULL)
		return 0;
	if (control_execute(store, request, &answer, &err) < 0)
		must(err.text[0] != '\0' && answer == NULL);
	else
		must(json_is_object(answer));
	json_decref(answer);
	json_decref(request);
	return 0;
}
