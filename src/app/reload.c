#include "app/reload.h"

#include <stdlib.h>

#include "alert/alert_settings.h"
#include "config/guard.h"
#include "config/renew.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/thread.h"
#include "webhook/examiner.h"

/* A configuration that was taken over. It stays until the end: webhooks, HMAC contexts and
 * worker processes may use its texts. */
struct taken {
	struct config fresh;  /* as loaded */
	struct config config; /* what counts: points into fresh and those before it */
	struct taken *before;
};

struct reload {
	struct service *service;
	struct work *work;
	const struct app_source *source;
	const struct config *first;
	pthread_mutex_t lock; /* one reload at a time */
	struct taken *last;
};

struct reload *reload_new(
    struct service *service, struct work *work, const struct app_source *source)
{
	struct reload *reload = mem_new(1, sizeof(*reload));
	reload->service = service;
	reload->work = work;
	reload->source = source;
	reload->first = service->config;
	mutex_init(&reload->lock);
	return reload;
}

static json_t *reload_names(const char *const *names, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, json_string(names[i]));
	return list;
}

/* "a, b"; NULL: none. */
static const char *reload_text(struct buf *out, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : ", ", names[i]);
	return count > 0 ? buf_text(out) : NULL;
}

static void reload_log(const struct renewal *renewal, const struct config *fresh)
{
	struct buf taken = {0}, kept = {0};
	bool nothing = renewal->taken_count == 0 && renewal->kept_count == 0;
	for (size_t i = 0; i < fresh->warning_count; i++)
		log_write(LOG_WARN, fresh->warnings[i], NULL);
	log_write(renewal->kept_count > 0 ? LOG_WARN : LOG_INFO,
	    nothing ? "settings reloaded: nothing has changed" : "settings reloaded",
	    "changed", reload_text(&taken, renewal->taken, renewal->taken_count),
	    "restart_needed", reload_text(&kept, renewal->kept, renewal->kept_count),
	    NULL);
	buf_free(&taken);
	buf_free(&kept);
}

/* New ones count from here on. The examiner, lanes and workers' processes follow. */
static int reload_take(
    struct reload *reload, const struct config *next, bool alerts, struct error *err)
{
	struct service *service = reload->service;
	const struct config *old = service->config;
	if (alerts && alert_settings_check(next, err) < 0)
		return -1;
	guard_config(next);
	atomic_store(&service->config, next);
	if (work_renew(reload->work, old, alerts, err) < 0) {
		guard_config(old);
		atomic_store(&service->config, old);
		return -1;
	}
	examiner_renew(service->examiner, next->tokens);
	log_set_level(next->log_level);
	return 0;
}

static int reload_locked(struct reload *reload, json_t **answer, struct error *err)
{
	struct renewal renewal;
	struct taken *taken = mem_new(1, sizeof(*taken));
	if (reload->source->load(&taken->fresh, reload->source->ctx, err) < 0) {
		free(taken);
		return -1;
	}
	config_renew(&taken->config, &renewal, reload->service->config, &taken->fresh);
	bool changes = renewal.taken_count > 0;
	int rc = changes ? reload_take(reload, &taken->config, renewal.alerts, err) : 0;
	if (rc == 0) {
		reload_log(&renewal, &taken->fresh);
		if (answer != NULL)
			*answer = json_pack("{s:o, s:o}", "changed",
			    reload_names(renewal.taken, renewal.taken_count), "restart",
			    reload_names(renewal.kept, renewal.kept_count));
	}
	if (rc == 0 && changes) {
		taken->before = reload->last;
		reload->last = taken;
	} else {
		config_clear(&taken->fresh);
		free(taken);
	}
	return rc;
}

int reload_now(void *ctx, json_t **answer, struct error *err)
{
	struct reload *reload = ctx;
	mutex_lock(&reload->lock);
	int rc = reload_locked(reload, answer, err);
	mutex_unlock(&reload->lock);
	if (rc < 0)
		log_write(LOG_ERROR, "settings not reloaded; the old ones stay", "why",
		    err->text, NULL);
	return rc;
}

void reload_free(struct reload *reload)
{
	if (reload == NULL)
		return;
	atomic_store(&reload->service->config, reload->first);
	while (reload->last != NULL) {
		struct taken *taken = reload->last;
		reload->last = taken->before;
		config_clear(&taken->fresh);
		free(taken);
	}
	mutex_clear(&reload->lock);
	free(reload);
}
