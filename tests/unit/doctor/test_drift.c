/* What is found when a number's URLs are, or are not, what is served here. */
#include "test.h"

#include <string.h>

#include "doctor/drift.h"

#define BASE "https://sms.example.com"
#define OV   ROUTE_OVERRIDES

/* One number's SMS and voice URL; the rest is as it should be. */
static void judge(struct findings *findings, const char *sms, const char *voice,
    const char *application)
{
	struct served served;
	struct number row = {"PN", "+15550001", sms, "POST", BASE "/twilio/fallback",
	    voice, "POST", BASE "/twilio/fallback", BASE "/twilio/voice/status" OV,
	    "POST", application, "", ""};
	struct numbers numbers = {.rows = &row, .count = 1};
	served_read(&served, NULL, BASE, findings->arena);
	drift_judge(findings, &served, &numbers);
}

TEST(a_drift_is_found_and_what_is_right_is_not)
{
	static const struct {
		const char *sms, *voice, *application;
		enum finding_level level;
		const char *text;
	} rows[] = {
	    {BASE "/twilio/sms" OV, BASE "/twilio/voice" OV, "", FINDING_OK,
		"messages come here"},
	    {BASE "/twilio/sms", BASE "/twilio/voice" OV, "", FINDING_WARNING,
		"messages come here, but without #rc=2"},
	    {BASE "/twilio/smss" OV, BASE "/twilio/voice" OV, "", FINDING_ERROR,
		"messages go to POST https://sms.example.com/twilio/smss"},
	    {"http://sms.example.com/twilio/sms" OV, BASE "/twilio/voice" OV, "",
		FINDING_ERROR, "messages go to http://sms.example.com/twilio/sms"},
	    {"https://demo.twilio.com/welcome/sms/reply", BASE "/twilio/voice" OV, "",
		FINDING_WARNING, "messages go to https://demo.twilio.com"},
	    {"https://sms.example.com.evil.example/twilio/sms", BASE "/twilio/voice" OV,
		"", FINDING_WARNING, "messages go to"},
	    {"", BASE "/twilio/voice" OV, "", FINDING_ERROR, "no URL for messages"},
	    {BASE "/twilio/sms" OV, "", "", FINDING_ERROR, "no URL for calls"},
	    {BASE "/twilio/sms" OV, BASE "/twilio/voice" OV, "AP1", FINDING_WARNING,
		"messages go to AP1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct findings findings = {.arena = arena_new()};
		bool found = false;
		judge(&findings, rows[i].sms, rows[i].voice, rows[i].application);
		for (size_t j = 0; j < findings.count; j++)
			found =
			    found || (findings.rows[j].level == rows[i].level &&
					 strstr(findings.rows[j].text, rows[i].text));
		if (!found)
			fail_msg("row %zu: \"%s\" is not found", i, rows[i].text);
		arena_free(findings.arena);
		findings_clear(&findings);
	}
}

TEST(what_is_right_has_no_warning)
{
	struct findings findings = {.arena = arena_new()};
	judge(&findings, BASE "/twilio/sms" OV, BASE "/twilio/voice" OV, "");
	assert_int_equal(findings_of(&findings, FINDING_OK), 3);
	assert_int_equal(findings.count, 3);
	arena_free(findings.arena);
	findings_clear(&findings);
}

static int handler(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	return OH_OK;
}

TEST(an_app_is_known_by_its_own_routes)
{
	static const oh_route routes[] = {
	    {.kind = OH_UNSIGNED, .path = "/open", .handler = handler},
	    {.kind = OH_MESSAGE, .path = "/orders/:id", .handler = handler},
	    {.kind = OH_MESSAGE, .path = "/orders", .handler = handler},
	    {0},
	};
	const oh_app app = {.routes = routes};
	struct arena *arena = arena_new();
	struct served served;
	served_read(&served, &app, BASE, arena);
	assert_string_equal(served.probe, "/orders");
	assert_string_equal(served.urls.sms, BASE "/orders" OV);
	assert_null(served.urls.voice);
	assert_null(served.urls.fallback);
	served_read(&served, NULL, NULL, arena);
	assert_string_equal(served.probe, "/twilio/sms");
	assert_null(served.urls.sms);
	arena_free(arena);
}
