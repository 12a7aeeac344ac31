#include "alert/alert_settings.h"

#include <inttypes.h>

#include "client/curl.h"
#include "util/text.h"

int alert_settings_check(const struct config *config, struct error *err)
{
	struct curl curl;
	if (config->alert_url != NULL && curl_load(&curl, err) < 0)
		return error_wrap(err, "alert-url");
	return 0;
}

const struct pair *alert_settings_pairs(
    const struct config *config, uint32_t *count, struct arena *arena)
{
	const char *interval =
	    arena_printf(arena, "%" PRId64, config->alert_interval_ms);
	const struct pair all[] = {
	    {SPAN("alert-url"), span_of(config->alert_url)},
	    {SPAN("alert-command"), span_of(config->alert_command)},
	    {SPAN("alert-secret"), span_of(config->alert_secret)},
	    {SPAN("alert-interval-ms"), span_of(interval)},
	};
	*count = sizeof(all) / sizeof(all[0]);
	struct pair *pairs = arena_alloc(arena, sizeof(all));
	memcpy(pairs, all, sizeof(all));
	return pairs;
}

struct alert_settings alert_settings(const struct pair *pairs, uint32_t count)
{
	struct alert_settings out = {0};
	for (uint32_t i = 0; i < count; i++) {
		struct span name = pairs[i].name;
		if (span_is(name, "alert-url"))
			out.url = pairs[i].value.ptr;
		else if (span_is(name, "alert-command"))
			out.command = pairs[i].value.ptr;
		else if (span_is(name, "alert-secret"))
			out.secret = pairs[i].value.ptr;
		else if (span_is(name, "alert-interval-ms"))
			(void)text_int(pairs[i].value, 0, INT64_MAX, &out.interval_ms);
	}
	return out;
}
