#include "webhook/lane.h"

#include "util/container.h"

static void lane_run_hand_over(struct loop_task *task)
{
	struct lane *lane = container_of(task, struct lane, hand_over);
	lane->hand_over_due = false;
	store_flush(lane->service->store);
	if (lane->service->handlers != NULL)
		lane->service->flush(lane->service->handlers);
}

void lane_open(struct lane *lane, struct service *service)
{
	lane->service = service;
	lane->verifier = verifier_new(service->config->tokens);
	lane->hand_over.run = lane_run_hand_over;
}

void lane_close(struct lane *lane)
{
	verifier_free(lane->verifier);
	lane->verifier = NULL;
	buf_free(&lane->scratch);
}

struct verifier *lane_verifier(struct lane *lane)
{
	const struct tokens *tokens =
	    atomic_load_explicit(&lane->service->config, memory_order_acquire)->tokens;
	if (verifier_tokens(lane->verifier) != tokens) {
		verifier_free(lane->verifier);
		lane->verifier = verifier_new(tokens);
	}
	return lane->verifier;
}

void lane_hand_over(struct lane *lane, struct loop *loop)
{
	if (lane->hand_over_due)
		return;
	lane->hand_over_due = true;
	loop_at_round_end(loop, &lane->hand_over);
}

bool lane_submit(struct lane *lane, struct loop *loop, struct store_txn *txn)
{
	if (!store_submit(lane->service->store, txn))
		return false;
	lane_hand_over(lane, loop);
	return true;
}

struct failure_listeners service_listeners(const struct service *service)
{
	return (struct failure_listeners){
	    .worker = atomic_load(&service->on_failure),
	    .alert = config_alerts(service->config),
	    .alert_delay_ms = service->config->alert_delay_ms,
	};
}

void lane_count(struct lane *lane, enum outcome outcome)
{
	atomic_fetch_add_explicit(&lane->outcomes[outcome], 1, memory_order_relaxed);
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[OUTCOMES] = {
	    [OUTCOME_DONE] = "done",
	    [OUTCOME_REPEAT] = "repeat",
	    [OUTCOME_FAILED] = "failed",
	    [OUTCOME_LATE] = "late",
	    [OUTCOME_UNSIGNED] = "unsigned",
	    [OUTCOME_BAD_FORM] = "bad_form",
	    [OUTCOME_REFUSED] = "refused",
	    [OUTCOME_DECLINED] = "declined",
	    [OUTCOME_SPENT] = "spent",
	    [OUTCOME_SHED] = "shed",
	    [OUTCOME_STORE] = "store_failed",
	};
	return names[outcome];
}
