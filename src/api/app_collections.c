#include "api/app_collections.h"

#include <stdio.h>
#include <string.h>

#include "store/reserved.h"

/* Declared unless the app has declared them itself. */
static const oh_collection usual[] = {
    {COLLECTION_KV, "key"},
    {COLLECTION_ALERTS, "group"},
    {"sms_messages", "messageSid"},
    {"calls", "callSid"},
    {0},
};

static const char *collections_key_in(const oh_collection *table, const char *name)
{
	for (; table != NULL && table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table->key;
	return NULL;
}

static const oh_collection *collections_own(const oh_app *app)
{
	return app != NULL ? app->collections : NULL;
}

const char *collections_key(const oh_app *app, const char *collection)
{
	const char *key = collections_key_in(collections_own(app), collection);
	return key != NULL ? key : collections_key_in(usual, collection);
}

const struct pair *collections_all(
    const oh_app *app, uint32_t *count, struct arena *arena)
{
	const oh_collection *first = collections_own(app);
	size_t room = sizeof(usual) / sizeof(usual[0]);
	for (const oh_collection *c = first; c != NULL && c->name != NULL; c++)
		room++;
	struct pair *all = arena_alloc(arena, room * sizeof(*all));
	*count = 0;
	for (const oh_collection *c = first; c != NULL && c->name != NULL; c++)
		if (c->key != NULL)
			all[(*count)++] =
			    (struct pair){span_of(c->name), span_of(c->key)};
	for (const oh_collection *c = usual; c->name != NULL; c++)
		if (collections_key_in(first, c->name) == NULL)
			all[(*count)++] =
			    (struct pair){span_of(c->name), span_of(c->key)};
	return all;
}

struct span collections_key_text(
    const json_t *value, char digits[COLLECTIONS_KEY_DIGITS])
{
	if (json_is_string(value))
		return (struct span){
		    json_string_value(value), json_string_length(value)};
	if (!json_is_integer(value))
		return (struct span){0};
	(void)snprintf(digits, COLLECTIONS_KEY_DIGITS, "%" JSON_INTEGER_FORMAT,
	    json_integer_value(value));
	return span_of(digits);
}
