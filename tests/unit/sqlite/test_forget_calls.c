/* Which events are of a person's calls and messages though they say no number. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite/forget_calls.h"

static struct span params_of(char out[160], const char *name, int n, const char *more)
{
	(void)snprintf(out, 160, "{\"x\":1,\"%s\":\"CA%032d\"%s}", name, n, more);
	return span_of(out);
}

TEST(the_others_of_a_call_are_known_by_its_sid)
{
	static const struct {
		const char *name, *more;
		int n;
		bool held;
	} rows[] = {
	    {"CallSid", "", 7, true},
	    {"MessageSid", "", 7, true},
	    {"SmsSid", ",\"To\":\"a\"", 7, true},
	    {"CallSid", "", 8, false},
	    {"CallSid", ",\"From\":\"+1555\"", 7, false},
	    {"ParentCallSid", "", 7, false},
	};

	struct calls *calls = calloc(1, sizeof(*calls));
	char text[160];
	assert_false(calls_hold(calls, params_of(text, "CallSid", 7, "")));
	calls_add(calls, params_of(text, "CallSid", 7, ",\"From\":\"+1555\""));
	calls_add(calls, params_of(text, "CallSid", 7, ""));
	calls_add(calls, SPAN("{}"));
	calls_add(calls, SPAN("{\"CallSid\":\"CA1\"}"));
	assert_int_equal(calls->count, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (calls_hold(calls, params_of(text, rows[i].name, rows[i].n,
					  rows[i].more)) != rows[i].held)
			fail_msg("%s", text);
	assert_false(calls_hold(calls, SPAN("{}")));
	assert_false(calls_hold(calls, (struct span){0}));
	free(calls);
}

TEST(there_is_room_until_it_is_full)
{
	struct calls *calls = calloc(1, sizeof(*calls));
	char text[160];
	int n = 0;
	while (!calls_full(calls))
		calls_add(calls, params_of(text, "CallSid", n++, ""));
	assert_in_range(n, CALLS_MAX - 3, CALLS_MAX);
	for (int i = 0; i < n + 100; i++)
		assert_int_equal(
		    calls_hold(calls, params_of(text, "CallSid", i, "")), i < n);
	free(calls);
}
