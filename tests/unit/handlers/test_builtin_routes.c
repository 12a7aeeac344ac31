/* OH_BUILTIN_ROUTES of offhook.h repeats the built-in app's table: the two are compared. */
#include "test.h"

#include "builtin/builtin.h"
#include "offhook.h"
#include "twilio/event.h"

#define oh_builtin NULL /* the handler does not matter here */

static const oh_route routes[] = {OH_BUILTIN_ROUTES, {0}};

static const enum event_kind kinds[] = {
    [OH_MESSAGE] = EVENT_SMS_RECEIVED,
    [OH_MESSAGE_STATUS] = EVENT_SMS_STATUS,
    [OH_CALL] = EVENT_CALL_RECEIVED,
    [OH_CALL_ACTION] = EVENT_CALL_ACTION,
    [OH_CALL_STATUS] = EVENT_CALL_STATUS,
    [OH_RECORDING] = EVENT_RECORDING_STATUS,
    [OH_TRANSCRIPTION] = EVENT_TRANSCRIPTION,
    [OH_SIGNED] = EVENT_OTHER,
};

TEST(the_headers_built_in_routes_are_those_of_the_built_in_app)
{
	const struct route *builtin = builtin_routes;
	const oh_route *route = routes;
	for (; route->path != NULL && builtin->path != NULL; route++, builtin++) {
		assert_string_equal(route->path, builtin->path);
		assert_int_equal(kinds[route->kind], builtin->kind);
	}
	assert_null(route->path);
	assert_null(builtin->path);
}
