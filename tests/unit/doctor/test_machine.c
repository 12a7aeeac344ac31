/* When room, limits, clock, certificate, address and answer are said to be wrong. */
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "doctor/machine.h"
#include "doctor/names.h"
#include "doctor/probe.h"

#define MIB (UINT64_C(1024) * 1024)
#define DAY INT64_C(86400000)

static struct findings findings;

static void begin(void)
{
	findings = (struct findings){.arena = arena_new()};
}

/* The worst level that was found. */
static enum finding_level end(void)
{
	enum finding_level worst = FINDING_OK;
	for (size_t i = 0; i < findings.count; i++) {
		const struct finding *row = &findings.rows[i];
		if (row->level > worst)
			worst = row->level;
		if (row->level != FINDING_OK && row->mend == NULL)
			fail_msg("%s: nothing is said to mend it", row->text);
	}
	arena_free(findings.arena);
	findings_clear(&findings);
	return worst;
}

TEST(room_is_short_before_it_is_gone)
{
	static const struct {
		uint64_t bytes, files;
		enum finding_level want;
	} rows[] = {
	    {1000 * MIB, UINT64_MAX, FINDING_OK},
	    {499 * MIB, UINT64_MAX, FINDING_WARNING},
	    {19 * MIB, UINT64_MAX, FINDING_ERROR},
	    {1000 * MIB, 999, FINDING_WARNING},
	    {1000 * MIB, 0, FINDING_ERROR},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		machine_judge_room(&findings, "/d", rows[i].bytes, rows[i].files);
		assert_int_equal(end(), rows[i].want);
	}
}

TEST(a_clock_may_be_some_seconds_off)
{
	static const struct {
		int64_t here_s, there_s;
		enum finding_level want;
	} rows[] = {
	    {1000, 1000, FINDING_OK},
	    {1030, 1000, FINDING_OK},
	    {1031, 1000, FINDING_WARNING},
	    {1000, 1031, FINDING_WARNING},
	    {10000, 1000, FINDING_ERROR},
	    {1000, 10000, FINDING_ERROR},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		machine_judge_clock(
		    &findings, rows[i].here_s * 1000, rows[i].there_s * 1000);
		assert_int_equal(end(), rows[i].want);
	}
}

TEST(limits_are_those_of_the_settings)
{
	const struct config config = {.max_connections = 20000};

	static const struct {
		uint64_t descriptors;
		int64_t somaxconn;
		enum finding_level want;
	} rows[] = {
	    {1048576, 4096, FINDING_OK},
	    {UINT64_MAX, -1, FINDING_OK},
	    {20000, 4096, FINDING_WARNING},
	    {1048576, 128, FINDING_WARNING},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		machine_judge_limits(
		    &findings, &config, rows[i].descriptors, rows[i].somaxconn);
		assert_int_equal(end(), rows[i].want);
	}
}

TEST(a_certificate_that_should_have_been_renewed_is_said)
{
	/* 90 days from 2026-09-01. */
	const struct span from = SPAN("Sep  1 00:00:00 2026 GMT");
	const struct span to = SPAN("Nov 30 00:00:00 2026 GMT");
	const int64_t from_ms = INT64_C(1788220800000);

	static const struct {
		int days;
		enum finding_level want;
	} rows[] = {{1, FINDING_OK}, {70, FINDING_OK}, {80, FINDING_WARNING},
	    {89, FINDING_ERROR}, {91, FINDING_ERROR}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		probe_judge_dates(&findings, from, to, from_ms + rows[i].days * DAY);
		assert_int_equal(findings.count, 1);
		assert_int_equal(end(), rows[i].want);
		begin();
		probe_judge_dates(&findings, SPAN("2026-09-01 00:00:00 GMT"),
		    SPAN("2026-11-30 00:00:00 GMT"), from_ms + rows[i].days * DAY);
		assert_int_equal(findings.count, 1);
		assert_int_equal(end(), rows[i].want);
	}
	begin();
	probe_judge_dates(&findings, SPAN("soon"), SPAN(""), from_ms);
	assert_int_equal(findings.count, 0);
	(void)end();
}

TEST(only_offhook_answers_as_it_does)
{
	static const struct {
		long status;
		const char *body, *says;
	} rows[] = {
	    {400, "this is for Twilio: there is no …", "Offhook answers"},
	    {400, "<html>Bad Request</html>", "not by Offhook"},
	    {403, "<html>Forbidden</html>", "not by Offhook"},
	    {200, "it works", "not by Offhook"},
	    {404, "", "not by Offhook"},
	    {301, "", "is redirected (301)"},
	    {502, "", "no server behind it"},
	    {503, "", "is answered 503"},
	};
	const struct probe probe = {"https://a/twilio/sms", ":8080", 0};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		probe_judge(&findings, &probe, rows[i].status, span_of(rows[i].body));
		assert_non_null(strstr(findings.rows[0].text, rows[i].says));
		assert_int_equal(end(), i == 0 ? FINDING_OK : FINDING_ERROR);
	}
}

TEST(addresses_that_the_internet_does_not_reach_are_known)
{
	static const struct {
		const char *address;
		bool want;
	} rows[] = {
	    {"127.0.0.1", true},
	    {"10.1.2.3", true},
	    {"172.16.0.1", true},
	    {"172.32.0.1", false},
	    {"192.168.1.1", true},
	    {"192.169.1.1", false},
	    {"169.254.1.1", true},
	    {"100.64.0.1", true},
	    {"100.128.0.1", false},
	    {"224.0.0.1", true},
	    {"0.0.0.0", true},
	    {"8.8.8.8", false},
	    {"::1", true},
	    {"fe80::1", true},
	    {"fd00::1", true},
	    {"::ffff:10.0.0.1", true},
	    {"::ffff:8.8.8.8", false},
	    {"2001:4860:4860::8888", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sockaddr_in v4 = {.sin_family = AF_INET};
		struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
		bool is_v4 = inet_pton(AF_INET, rows[i].address, &v4.sin_addr) == 1;
		assert_true(
		    is_v4 || inet_pton(AF_INET6, rows[i].address, &v6.sin6_addr) == 1);
		bool got = names_private(is_v4 ? (const void *)&v4 : (const void *)&v6);
		if (got != rows[i].want)
			fail_msg("%s: %d", rows[i].address, got);
	}
}

TEST(a_host_is_taken_out_of_its_port_and_brackets)
{
	assert_true(span_is(names_host(SPAN("a.example")), "a.example"));
	assert_true(span_is(names_host(SPAN("a.example:8443")), "a.example"));
	assert_true(span_is(names_host(SPAN("[::1]:443")), "::1"));
	assert_true(span_is(names_host(SPAN("[::1]")), "::1"));
}
