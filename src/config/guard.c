#include "config/guard.h"

#include <stdlib.h>

#include "util/locked.h"
#include "util/log_redact.h"
#include "util/mem.h"

void guard_config(const struct config *config)
{
	size_t tokens = tokens_count(config->tokens);
	size_t secrets = secrets_count(config->secrets), count = 0;
	struct pair *known = mem_new(tokens + secrets + 2, sizeof(*known));
	for (size_t i = 0; i < secrets; i++) {
		const struct secret *secret = secrets_at(config->secrets, i);
		known[count++] =
		    (struct pair){span_of(secret->name), {secret->value, secret->len}};
	}
	for (size_t i = 0; i < tokens; i++) {
		const struct token *token = tokens_at(config->tokens, i);
		struct span name = token->key.len > 0 ? SPAN("TWILIO_SHARED_KEYS")
						      : SPAN("TWILIO_AUTH_TOKEN");
		known[count++] = (struct pair){name, token->secret};
	}
	if (config->alert_secret != NULL)
		known[count++] = (struct pair){
		    SPAN("OFFHOOK_ALERT_SECRET"), span_of(config->alert_secret)};
	if (config->acme_eab != NULL)
		known[count++] =
		    (struct pair){SPAN("OFFHOOK_ACME_EAB"), span_of(config->acme_eab)};
	log_redact_set(known, count);
	if (secrets > 0)
		locked_process();
	free(known);
}

void guard_end(void)
{
	log_redact_set(NULL, 0);
}
