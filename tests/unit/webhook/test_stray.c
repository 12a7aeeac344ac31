/* stray: what a wrong URL in the Twilio Console probably meant. */
#include "test.h"

#include "webhook/stray.h"

static const struct route routes[] = {
    {.path = "/twilio/sms"},
    {.path = "/twilio/sms/status"},
    {.path = "/twilio/voice"},
    {.path = "/twilio/voice/status"},
    {.path = "/orders/:id/paid"},
    {.path = "/hook/"},
    {.path = NULL},
};

/* faults 5.3: near misses */
TEST(a_path_that_is_nearly_a_routes_is_told)
{
	static const struct {
		const char *path, *want; /* want: in the advice; NULL: none */
	} rows[] = {
	    {"/twilio/sms/", "did you mean /twilio/sms (without the slash"},
	    {"/hook", "did you mean /hook/ (with a slash"},
	    {"/Twilio/SMS", "did you mean /twilio/sms (paths tell"},
	    {"//twilio/sms", "did you mean /twilio/sms?"},
	    {"/twilio//sms//", "did you mean /twilio/sms?"},
	    {"/twilio/sms%20", "did you mean /twilio/sms?"},
	    {"/twilio%2Fsms", "did you mean /twilio/sms?"},
	    {"/sms", "did you mean /twilio/sms?"},
	    {"/SMS/", "did you mean /twilio/sms?"},
	    {"/status", "did you mean /twilio/sms/status or /twilio/voice/status?"},
	    {"/phone/twilio/sms", "did you mean /twilio/sms (what stands before it"},
	    {"/a/b/c/twilio/voice/", "did you mean /twilio/voice (what stands"},
	    {"/twillio/sms", "did you mean /twilio/sms?"},
	    {"/twilio/vioce", "did you mean /twilio/voice?"},
	    {"/twilio/sms-status", "did you mean /twilio/sms/status?"},
	    {"/orders/7/paid/", "did you mean /orders/:id/paid"},
	    {"/shop/orders/7/paid", "did you mean /orders/:id/paid (what"},
	    {"/", NULL},
	    {"/wp-login.php", NULL},
	    {"/.env", NULL},
	    {"*", NULL},
	    {"", NULL},
	    {"/%", NULL},
	    {"/%00%00", NULL},
	    {"////", NULL},
	    {"/completely/other", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new();
		const char *got = stray_advice(routes, span_of(rows[i].path), arena);
		if (rows[i].want == NULL
			? got != NULL
			: got == NULL || strstr(got, rows[i].want) == NULL)
			fail_msg("%s: %s", rows[i].path, got == NULL ? "NULL" : got);
		arena_free(arena);
	}
}

TEST(a_long_path_is_near_to_nothing)
{
	char path[4096];
	struct arena *arena = arena_new();
	memset(path, '/', sizeof(path));
	assert_null(stray_advice(routes, (struct span){path, sizeof(path)}, arena));
	arena_free(arena);
}

TEST_GROUP(NULL, NULL)
