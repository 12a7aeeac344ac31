#include "handlers/app_secrets.h"

#include <stdlib.h>

#include "config/setting.h"
#include "util/log.h"
#include "util/mem.h"

/* Of a name that was checked. The environment is for a first try, and for whoever keeps
 * secrets elsewhere. */
static struct span app_secret(struct span name, const struct secrets *secrets)
{
	const struct secret *secret = secrets_find(secrets, name);
	char *text = mem_strndup(name);
	const char *variable = getenv(text);
	free(text);
	if (variable != NULL && *variable != '\0')
		return span_of(variable);
	return secret != NULL ? (struct span){secret->value, secret->len}
			      : (struct span){0};
}

int app_secrets_check(const struct frame_manifest *manifest, struct error *err)
{
	for (uint32_t i = 0; i < manifest->secret_count; i++) {
		struct span name = manifest->secrets[i].name;
		if (secret_check_name(name, err) < 0)
			return error_wrap(err, "secret %u of the app", i + 1);
		const struct setting *setting = setting_of_variable(name);
		if (setting != NULL && setting->secret)
			return error_set(err,
			    "the app declares the secret %.*s, which is the server's "
			    "own: no handler gets it",
			    SPAN_ARG(name));
	}
	return 0;
}

void app_secrets_put(struct buf *out, const struct frame_manifest *manifest,
    const struct secrets *secrets)
{
	size_t size = FRAME_HEAD + FRAME_LENGTH + 64;
	uint32_t count = manifest->secret_count;
	struct pair *pairs = mem_new(count + 1, sizeof(*pairs));
	for (uint32_t i = 0; i < count; i++) {
		struct span name = manifest->secrets[i].name;
		pairs[i] = (struct pair){name, app_secret(name, secrets)};
		size += name.len + pairs[i].value.len + 32;
	}
	buf_reserve(out, size); /* it does not grow: no copy stays behind */
	if (count > 0)
		frame_put_secrets(out, &(struct frame_settings){pairs, count});
	free(pairs);
}

bool app_secrets_same(const struct frame_manifest *manifest, const struct secrets *a,
    const struct secrets *b)
{
	bool same = true;
	for (uint32_t i = 0; i < manifest->secret_count && same; i++)
		same = span_eq(app_secret(manifest->secrets[i].name, a),
		    app_secret(manifest->secrets[i].name, b));
	return same;
}

void app_secrets_tell_missing(
    const struct frame_manifest *manifest, const struct secrets *secrets)
{
	struct buf names = {0};
	for (uint32_t i = 0; i < manifest->secret_count; i++) {
		struct span name = manifest->secrets[i].name;
		if (app_secret(name, secrets).ptr == NULL)
			buf_printf(&names, "%s%.*s", names.len > 0 ? ", " : "",
			    SPAN_ARG(name));
	}
	if (names.len > 0)
		log_write(LOG_WARN,
		    "secrets that the app declares are not set: oh_secret gives NULL; run "
		    "offhook env set NAME",
		    "names", buf_text(&names), NULL);
	buf_free(&names);
}
