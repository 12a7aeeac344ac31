/* cmd_jobs -- shows and changes jobs and queues. */
#include "cli/verb.h"
#include "cmd/verbs.h"

enum { LIST, SHOW, RETRY, DROP, CANCEL, PAUSE, RESUME, STATS, FOLLOW };

static const struct verb verbs[] = {
    [LIST] = {"list", cmd_jobs_list, 0, 0, "[options]"},
    [SHOW] = {"show", cmd_jobs_show, 1, 1, "ID"},
    [RETRY] = {"retry", cmd_jobs_retry, 0, SIZE_MAX, "ID…|options"},
    [DROP] = {"drop", cmd_jobs_drop, 0, SIZE_MAX, "ID…|options"},
    [CANCEL] = {"cancel", cmd_jobs_cancel, 0, SIZE_MAX, "ID…|options"},
    [PAUSE] = {"pause", cmd_jobs_pause, 1, 1, "QUEUE [--force]"},
    [RESUME] = {"resume", cmd_jobs_resume, 1, 1, "QUEUE"},
    [STATS] = {"stats", cmd_jobs_stats, 0, 0, NULL},
    [FOLLOW] = {"follow", cmd_jobs_follow, 0, 0, "[options]"},
    {0},
};

/* Which verbs take an option. */
enum {
	ONLY_LIST = 1 << LIST,
	ONLY_PAUSE = 1 << PAUSE,
	CHANGES = 1 << RETRY | 1 << DROP | 1 << CANCEL,
	LIST_CHANGES = ONLY_LIST | CHANGES,
	ALL_FILTERED = LIST_CHANGES | 1 << FOLLOW
};

static const struct flag flags[] = {
    {"queue", "QUEUE", .help = "only of that queue", .letter = 'q',
	.verbs = ALL_FILTERED},
    {"state", "STATES", .help = "only waiting, blocked, running, done, dead, cancelled",
	.letter = 's', .verbs = ALL_FILTERED},
    {"older", "AGE", .help = "only enqueued longer ago: 90s, 15m, 2h, 7d",
	.verbs = LIST_CHANGES},
    {"newer", "AGE", .help = "only enqueued since then", .verbs = LIST_CHANGES},
    {"error", "TEXT", .help = "only with TEXT in the error of some try",
	.verbs = LIST_CHANGES},
    {"group", "GROUP", .help = "only of that group", .verbs = ALL_FILTERED},
    {"unique", "KEY", .help = "only with that unique key", .verbs = ALL_FILTERED},
    {"limit", "N", .help = "list: the newest N (20); 0: all", .letter = 'n',
	.verbs = ONLY_LIST},
    {"after", "ID", .help = "list: those after that job", .verbs = ONLY_LIST},
    {"all", .help = "retry, drop, cancel: all of them, without a filter",
	.verbs = CHANGES},
    {"dry-run", .help = "say what would be changed, and change nothing",
	.verbs = CHANGES},
    {"force", .help = "pause: a queue that has no jobs yet", .verbs = ONLY_PAUSE},
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
    .verbs = verbs,
};
