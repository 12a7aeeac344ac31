#include "webhook/unsigned.h"

#include "util/clock.h"
#include "util/log.h"

enum { EVENT_BYTES = 512 }; /* of a row and its indexes, beside its texts */

static int64_t unsigned_limit(const struct webhook *webhook)
{
	return webhook->lane->service->config->max_unsigned;
}

bool unsigned_has_room(const struct webhook *webhook)
{
	struct allowance *allowance = webhook->route->allowance;
	int64_t hour = clock_mono_us() / 3600000000;
	if (allowance == NULL)
		return true;
	if (atomic_exchange(&allowance->hour, hour) != hour)
		atomic_store(&allowance->used, 0);
	return atomic_load(&allowance->used) < unsigned_limit(webhook);
}

bool unsigned_enter(struct webhook *webhook)
{
	struct service *service = webhook->lane->service;
	int64_t most = service->config->max_handlers / 2;
	if (webhook->route->allowance == NULL)
		return true;
	webhook->is_unsigned_running = true;
	if (atomic_fetch_add(&service->unsigned_running, 1) < (most > 0 ? most : 1))
		return true;
	unsigned_leave(webhook);
	return false;
}

void unsigned_leave(struct webhook *webhook)
{
	if (webhook->is_unsigned_running)
		atomic_fetch_sub(&webhook->lane->service->unsigned_running, 1);
	webhook->is_unsigned_running = false;
}

bool unsigned_is_declined(struct webhook *webhook)
{
	if (!webhook->route->is_unsigned)
		return false;
	switch (webhook->state) {
	case EVENT_DONE:
		if (webhook->reply.status < 400 || webhook->writes != NULL ||
		    webhook->jobs != NULL)
			return false;
		webhook->outcome = OUTCOME_DECLINED;
		break;
	case EVENT_FAILED:
		(void)webhook_refuse(
		    webhook, webhook->outcome, 500, "the handler failed\n");
		break;
	case EVENT_LATE:
		(void)webhook_refuse(webhook, webhook->outcome, 503,
		    "the handler gave no reply in time\n");
		break;
	}
	return true;
}

void unsigned_spend(const struct webhook *webhook)
{
	const struct store_event *event = &webhook->txn.event;
	struct allowance *allowance = webhook->route->allowance;
	if (allowance == NULL)
		return;
	int64_t bytes = (int64_t)(EVENT_BYTES + event->params.len + event->raw.len +
				  event->query.len + event->reply.body.len);
	int64_t before = atomic_fetch_add(&allowance->used, bytes);
	int64_t limit = unsigned_limit(webhook);
	if (before < limit && before + bytes >= limit)
		log_write(LOG_WARN,
		    "an unsigned route has stored as much as it may in an hour: until "
		    "then it is answered 503 (max-unsigned)",
		    "path", webhook->route->path, NULL);
}
