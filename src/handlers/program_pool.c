#include "handlers/program_pool.h"

#include <errno.h>
#include <stdlib.h>

#include "handlers/app_secrets.h"
#include "util/mem.h"
#include "webhook/lane.h"

/* Sanitizers reserve terabytes of address space. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { UNDER_SANITIZER = 1 };
#else
enum { UNDER_SANITIZER = 0 };
#endif

static int program_introduced(
    void *ctx, struct span frame, struct buf *first, struct error *err)
{
	struct program_pool *programs = ctx;
	struct manifest *manifest;
	if (manifest_new(&manifest, frame, programs->like, err) < 0)
		return -1;
	if (app_secrets_check(&manifest->frame, err) < 0 ||
	    (programs->accept != NULL &&
		programs->accept(programs, manifest, err) < 0)) {
		manifest_free(manifest);
		return -1;
	}
	manifest->next = programs->manifests;
	programs->manifests = manifest;
	app_secrets_put(first, &manifest->frame, programs->service->config->secrets);
	return 0;
}

int program_pool_start(
    struct program_pool *programs, const char *program, struct error *err)
{
	const struct config *settings = programs->service->config;
	struct pool_config config = programs->base;
	struct pool *pool = programs->pool;
	bool is_self = strcmp(program, PROGRAM_SELF) == 0;
	char *name = mem_strdup(is_self ? program_invocation_name : program);
	char handler[] = "handler";
	char *const words[] = {name, handler, NULL};
	config.program = program;
	config.argv = words;
	config.data = settings->data;
	config.sandbox = settings->handler_sandbox;
	config.hang_ms = settings->handler_timeout_ms;
	config.memory_bytes = UNDER_SANITIZER ? 0 : settings->handler_memory;
	config.introduced = program_introduced;
	config.ctx = programs;
	int rc = pool != NULL ? pool_swap(pool, &config, err)
			      : pool_open(&pool, &config, err);
	if (rc == 0)
		programs->pool = pool;
	free(name);
	return rc;
}

void program_pool_flush(struct program_pool *programs)
{
	if (programs->pool != NULL)
		pool_flush(programs->pool);
}

int program_pool_pids(struct program_pool *programs, int *out, int max)
{
	return programs->pool == NULL ? 0 : pool_pids(programs->pool, out, max);
}

void program_pool_close(struct program_pool *programs)
{
	pool_close(programs->pool);
}

void program_pool_clear(struct program_pool *programs)
{
	pool_free(programs->pool);
	programs->pool = NULL;
	while (programs->manifests != NULL) {
		struct manifest *manifest = programs->manifests;
		programs->manifests = manifest->next;
		manifest_free(manifest);
	}
}
