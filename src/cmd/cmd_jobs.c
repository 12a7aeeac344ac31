/* cmd_jobs -- the queues. */
#include "cmd/cmd_jobs.h"
#include "cli/verb.h"

#define FILTER "queue state older newer error group unique "

static int run(const struct options *options)
{
	static const struct verb verbs[] = {
	    {"list", cmd_jobs_list, 0, 0, FILTER "limit after", "[options]"},
	    {"show", cmd_jobs_show, 1, 1, "", "ID"},
	    {"retry", cmd_jobs_retry, 0, SIZE_MAX, FILTER "all dry-run", "ID…|options"},
	    {"drop", cmd_jobs_drop, 0, SIZE_MAX, FILTER "all dry-run", "ID…|options"},
	    {"cancel", cmd_jobs_cancel, 0, SIZE_MAX, FILTER "all dry-run",
		"ID…|options"},
	    {"pause", cmd_jobs_pause, 1, 1, "force", "QUEUE [--force]"},
	    {"resume", cmd_jobs_resume, 1, 1, "", "QUEUE"},
	    {"stats", cmd_jobs_stats, 0, 0, "", ""},
	    {"follow", cmd_jobs_follow, 0, 0, "queue state group unique", "[options]"},
	    {0}};
	return verb_run(verbs, options);
}

static const struct flag flags[] = {
    {"queue", "QUEUE", "only of that queue", 'q', false},
    {"state", "STATES", "only waiting, blocked, running, done, dead, cancelled", 's',
	false},
    {"older", "AGE", "only enqueued longer ago: 90s, 15m, 2h, 7d", 0, false},
    {"newer", "AGE", "only enqueued since then", 0, false},
    {"error", "TEXT", "only with TEXT in the error of some try", 0, false},
    {"group", "GROUP", "only of that group", 0, false},
    {"unique", "KEY", "only with that unique key", 0, false},
    {"limit", "N", "list: the newest N (20); 0: all", 'n', false},
    {"after", "ID", "list: those after that job", 0, false},
    {"all", NULL, "retry, drop, cancel: all of them, without a filter", 0, false},
    {"dry-run", NULL, "say what would be changed, and change nothing", 0, false},
    {"force", NULL, "pause: a queue that has no jobs yet", 0, false},
    {0},
};

const struct command cmd_jobs = {
    .name = "jobs",
    .usage = "[list|show|retry|drop|cancel|pause|resume|stats|follow] [options]",
    .summary = "look at the queues and mend what failed",
    .about =
	"list            the newest jobs, the newest last (also without `list`)\n"
	"show ID         one whole: payload, the error of every try, what caused it\n"
	"retry ID…       run again: dead ones, cancelled ones; waiting ones now\n"
	"drop ID…        remove ended ones\n"
	"cancel ID…      end open ones; what one does that runs is undone\n"
	"pause QUEUE     start none of its jobs until `resume QUEUE`\n"
	"stats           how many there are in each queue\n"
	"follow          every change of state as it happens, until Ctrl-C: of the\n"
	"                newest 1000 jobs; of others that they run, and their end\n"
	"\n"
	"Instead of ids, options say which: retry means dead jobs, drop ended ones,\n"
	"cancel open ones, unless --state says otherwise. --state takes several,\n"
	"separated by commas. Waiting jobs whose time has not come are shown as\n"
	"scheduled, or retrying. All of it works beside a running server.\n",
    .examples = "  offhook jobs\n"
		"  offhook jobs list --state dead --error timeout --older 1h\n"
		"  offhook jobs show 42\n"
		"  offhook jobs retry 42 43\n"
		"  offhook jobs retry --queue remind --dry-run\n"
		"  offhook jobs drop --state done --older 7d\n"
		"  offhook jobs pause remind\n"
		"  offhook jobs stats --json\n",
    .flags = flags,
    .settings = SETTINGS_DATA,
    .json = true,
    .max_args = SIZE_MAX,
    .run = run,
};
