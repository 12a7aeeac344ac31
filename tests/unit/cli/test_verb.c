#include "test.h"

#include "cli/verb.h"

enum { LISTED = 10, SHOWN };

static int list(const struct options *options)
{
	(void)options;
	return LISTED;
}

static int show(const struct options *options)
{
	(void)options;
	return SHOWN;
}

TEST(a_verb_takes_its_own_arguments_and_options)
{
	static const struct verb verbs[] = {
	    {"list", list, 0, 0, "[options]"},
	    {"show", show, 1, 2, "ID"},
	    {0},
	};
	static const struct flag flags[] = {
	    {"dry-run", .help = "", .verbs = 1U << 0},
	    {"limit", "N", .help = "", .verbs = 1U << 0 | 1U << 5},
	    {"all", .help = "", .verbs = 1U << 1},
	    {"force", .help = ""},
	    {0},
	};
	static const struct command command = {
	    .name = "try", .flags = flags, .max_args = SIZE_MAX, .verbs = verbs};

	static const struct {
		const char *words[5];
		int want;
	} rows[] = {
	    {{NULL}, LISTED},
	    {{"list"}, LISTED},
	    {{"--limit", "3"}, LISTED},
	    {{"list", "--dry-run", "--limit=3"}, LISTED},
	    {{"list", "7"}, EXIT_USAGE},
	    {{"--all"}, EXIT_USAGE},
	    {{"--force"}, EXIT_USAGE},
	    {{"show", "1", "--all"}, SHOWN},
	    {{"show"}, EXIT_USAGE},
	    {{"show", "1"}, SHOWN},
	    {{"show", "1", "2"}, SHOWN},
	    {{"show", "1", "2", "3"}, EXIT_USAGE},
	    {{"show", "1", "--limit", "3"}, EXIT_USAGE},
	    {{"sho", "1"}, EXIT_USAGE},
	    {{"7"}, EXIT_USAGE},
	    {{""}, EXIT_USAGE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *argv[6] = {0};
		int argc = 0;
		struct options options;
		struct error err;
		for (; rows[i].words[argc] != NULL; argc++)
			argv[argc] = rows[i].words[argc];
		assert_int_equal(options_parse(&options, &command, argc,
				     (char **)(uintptr_t)argv, &err),
		    0);
		assert_int_equal(verb_run(&options), rows[i].want);
		options_clear(&options);
	}
}
