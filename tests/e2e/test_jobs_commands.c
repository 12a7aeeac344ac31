/* `offhook jobs`: what it shows, and how it explains misuse. */
#include "jobs_fixture.h"

BOTH(a_list_has_the_newest_last_and_filters)
{
	const struct talk *talk = *state;
	WANT_IDS("1 2 3 4 5 6 7 8", "--limit", "20");
	WANT_IDS("7 8", "--limit", "2");
	WANT_IDS("6 7 8", "--after", "5");
	WANT_IDS("6", "--after", "5", "--limit", "1");
	WANT_IDS("5 6 7", "--queue", "beta");
	WANT_IDS("2 3", "--state", "dead");
	WANT_IDS("2 3 8", "--state", "dead,cancelled");
	WANT_IDS("6", "--state", "blocked");
	WANT_IDS("2 7", "--error", "TIMEOUT");
	WANT_IDS("3", "--older", "2h");
	WANT_IDS("2", "--newer", "2h", "--state", "dead");
	WANT_IDS("5 6", "--group", "g");
	WANT_IDS("7", "--unique", "u");
	WANT_IDS("", "--queue", "delta");
}

BOTH(people_see_words_and_the_last_error)
{
	const struct talk *talk = *state;
	struct ran ran = RUN("jobs");
	assert_int_equal(ran.code, 0);
	static const char *const wanted[] = {
	    "    ID  QUEUE  STATE     TRIES  DUE, ENDED",
	    "     2  alpha  dead          2  ", "  Timeout\n",
	    "     4  alpha  scheduled     0  in 59m\n",
	    "     6  beta   blocked       0  ",
	    "     7  beta   retrying      1  in 59m            timeout\n",
	    "     8  gamma  cancelled     0  "};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (strstr(buf_text(&ran.out), wanted[i]) == NULL)
			fail_msg("%s\nis not in\n%s", wanted[i], buf_text(&ran.out));
	assert_null(strchr(buf_text(&ran.out), '\033'));
	done(&ran);
}

BOTH(one_is_shown_with_its_errors_and_its_cause)
{
	const struct talk *talk = *state;
	WANT(0, "try 1 ", "jobs", "show", "2");
	WANT(0, "Timeout\n                                    of 60 s\n", "jobs",
	    "show", "2");
	WANT(0, "\n  \"to\": \"+15551234567\"\n", "jobs", "show", "2");
	WANT(0, "Caused by the event\n     1  ", "jobs", "show", "8");
	WANT(0, "Waits for\n     5  ", "jobs", "show", "6");
	WANT(0, "\"errors\":[{\"try\":1,", "jobs", "show", "2", "--json");
	WANT(1, "there is no job 99", "jobs", "show", "99");
	WANT(1, "\"x\" is no job's id", "jobs", "show", "x");
}

BOTH(misuse_is_explained)
{
	const struct talk *talk = *state;
	WANT(2, "did you mean `jobs retry`", "jobs", "rety");
	WANT(2, "did you mean `jobs show 7`", "jobs", "7");
	WANT(2, "usage: jobs show ID", "jobs", "show");
	WANT(2, "usage: jobs pause QUEUE", "jobs", "pause");
	WANT(2, "`jobs stats` takes no --queue", "jobs", "stats", "--queue", "x");
	WANT(2, "`jobs list` takes no --all", "jobs", "--all");
	WANT(2, "did you mean \"dead\"", "jobs", "--state", "daed");
	WANT(2, "use --state waiting", "jobs", "--state", "retrying");
	WANT(2, "write 90s", "jobs", "--older", "soon");
	WANT(2, "Give ids, a filter", "jobs", "drop");
	WANT(2, "not both", "jobs", "drop", "1", "--all");
	WANT(2, "only done, dead and cancelled", "jobs", "drop", "--state", "waiting");
	WANT(2, "only failed and late", "events", "retry", "--state", "done");
	WANT(2, "Give ids, a filter", "events", "retry");
	WANT(0, "Usage: offhook jobs", "jobs", "retry", "--help");
}

BOTH(stats_count_every_queue)
{
	const struct talk *talk = *state;
	WANT(0, "QUEUE   WAITING   BLOCKED   RUNNING      DONE      DEAD CANCELLED",
	    "jobs", "stats");
	WANT(0,
	    "alpha         1         0         0         1         2         0  in ",
	    "jobs", "stats");
	WANT(0,
	    "{\"queue\":\"beta\",\"paused\":false,\"waiting\":2,\"blocked\":1,"
	    "\"running\":0,\"done\":0,\"dead\":0,\"cancelled\":0,\"nextDueAt\":\"",
	    "jobs", "stats", "--json");
	WANT(0, "\"cancelled\":1,\"nextDueAt\":null,\"lateMs\":0}", "jobs", "stats",
	    "--json");
}
