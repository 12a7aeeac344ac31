/* A stored request is a webhook again or is refused with words, whatever the store holds. The
 * input is lines: the request as it is stored, and the raw body. */
#include "fuzz/fuzz.h"
#include "handlers/manifest.h"
#include "workers/replay.h"

static const struct frame_route told[] = {{0}, {0}, {0}, {.builtin = 1}};
static const struct manifest manifest = {
    .frame = {.routes = told, .route_count = sizeof(told) / sizeof(told[0])}};

static const struct route routes[] = {
    {.manifest = &manifest, .index = 0, .path = "/sms", .kind = EVENT_SMS_RECEIVED},
    {.manifest = &manifest, .index = 1, .path = "/o/:id", .kind = EVENT_OTHER},
    {.manifest = &manifest, .index = 2, .path = "/open", .is_unsigned = true},
    {.manifest = &manifest, .index = 3, .path = "/twilio/sms"},
    {0},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	struct config config = {0};
	struct service service = {.config = &config};
	struct store_event event = {.id = 7, .state = EVENT_FAILED};
	struct arena *arena = arena_new();
	struct error err = {""};
	struct replay replay;
	service.routes = routes;
	event.request = next_line(&rest);
	event.raw = rest;
	if (replay_open(&replay, &event, &service, arena, &err) < 0) {
		must(err.text[0] != '\0');
	} else {
		must(replay.webhook.route != NULL && replay.webhook.route->index < 3);
		must(replay.request.path.len <= replay.request.target.len);
		must(replay.webhook.event.name != NULL);
		must(span_eq(replay.request.body, rest));
	}
	arena_free(arena);
	return 0;
}
