#include "test.h"

#include "cli/options.h"
#include "cli/verb.h"
#include "cmd/commands.h"

static const struct flag flags[] = {
    {"body", "TEXT", .help = "text"},
    {"repeat", "N", .help = "times", .letter = 'n'},
    {"tamper", "WHAT", .help = "spoil", .optional = true},
    {"follow", .help = "go on", .letter = 'f'},
    {0},
};

static const struct command command = {.name = "try",
    .usage = "[A] [B]",
    .flags = flags,
    .settings = SETTINGS_DATA,
    .json = true,
    .max_args = 2};

static int parse(struct options *options, const char **argv, struct error *err)
{
	int argc = 0;
	while (argv[argc] != NULL)
		argc++;
	return options_parse(options, &command, argc, (char **)(uintptr_t)argv, err);
}

TEST(options_are_read_in_all_their_forms)
{
	static const char *const lines[][8] = {
	    {"--body", "x", "-n", "3", "-f", "a", "--data", "d"},
	    {"a", "--body=x", "--repeat=3", "--follow", "--data=d"},
	    /* faults 5.16 */
	    {"-n3", "--body", "x", "-f", "a", "--data", "d"},
	    {"-fn3", "a", "--body=x", "--data=d"},
	    {"-fffffffn", "3", "a", "--body=x", "--data=d"},
	    {"--body=x", "--body", "x", "--repeat", "3", "--follow", "a", "--data=d"},
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *argv[9] = {0};
		struct options options;
		struct error err;
		int64_t times = 1;
		memcpy(argv, lines[i], sizeof(lines[i]));
		assert_int_equal(parse(&options, argv, &err), 0);
		assert_string_equal(options_value(&options, "body"), "x");
		assert_int_equal(
		    options_int(&options, "repeat", 1, 9, &times, &err), 0);
		assert_int_equal(times, 3);
		assert_true(options_has(&options, "follow"));
		assert_false(options_has(&options, "tamper"));
		assert_int_equal(options.arg_count, 1);
		assert_string_equal(options.args[0], "a");
		assert_int_equal(options.input.flag_count, 1);
		assert_string_equal(options.input.flags[0].name, "data");
		assert_string_equal(options.input.flags[0].value, "d");
		options_clear(&options);
	}
}

TEST(two_dashes_end_the_options_and_one_is_an_argument)
{
	const char *argv[] = {"-", "--", "--body", NULL};
	struct options options;
	struct error err;
	assert_int_equal(parse(&options, argv, &err), 0);
	assert_int_equal(options.arg_count, 2);
	assert_string_equal(options.args[0], "-");
	assert_string_equal(options.args[1], "--body");
	options_clear(&options);
}

TEST(an_optional_value_stands_behind_an_equals_sign_only)
{
	const char *bare[] = {"--tamper", "a", NULL},
		   *given[] = {"--tamper=body", NULL};
	struct options options;
	struct error err;
	assert_int_equal(parse(&options, bare, &err), 0);
	assert_string_equal(options_value(&options, "tamper"), "");
	assert_int_equal(options.arg_count, 1);
	options_clear(&options);
	assert_int_equal(parse(&options, given, &err), 0);
	assert_string_equal(options_value(&options, "tamper"), "body");
	options_clear(&options);
}

TEST(what_is_wrong_is_said)
{

	static const struct {
		const char *argv[5];
		const char *want;
	} rows[] = {
	    {{"--bodyy", "x"}, "there is no option --bodyy; did you mean --body?"},
	    {{"--dta=x"}, "did you mean --data?"},
	    {{"--jsn"}, "did you mean --json?"},
	    {{"--listen=:1"}, "there is no option --listen"},
	    {{"--frobnicate"}, "there is no option --frobnicate"},
	    {{"-x"}, "there is no option -x"},
	    {{"-fx3"}, "there is no option -fx3"},
	    {{"-n"}, "-n needs a value"},
	    {{"-fn"}, "-fn needs a value"},
	    {{"-body", "x"}, "there is no option -body; did you mean --body?"},
	    {{"--body"}, "--body needs a value"},
	    {{"--follow=yes"}, "--follow takes no value"},
	    {{"--auth-token=x"}, "TWILIO_AUTH_TOKEN"},
	    {{"a", "b", "c"}, "too many arguments, from \"c\" on"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *argv[5];
		struct options options;
		struct error err;
		memcpy(argv, rows[i].argv, sizeof(argv));
		assert_int_equal(parse(&options, argv, &err), -1);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s: %s", rows[i].want, err.text);
		options_clear(&options);
	}
}

TEST(a_number_out_of_range_is_refused)
{
	static const char *const values[] = {"0", "10", "x", "", "1.5", "-1"};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const char *argv[] = {"--repeat", values[i], NULL};
		struct options options;
		struct error err;
		int64_t times = 1;
		assert_int_equal(parse(&options, argv, &err), 0);
		assert_int_equal(
		    options_int(&options, "repeat", 1, 9, &times, &err), -1);
		assert_int_equal(times, 1);
		options_clear(&options);
	}
}

/* Help and the manual are made of these. */
TEST(every_command_explains_itself)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		struct error err;
		const struct command *each = commands[i];
		assert_int_equal(each->run == NULL, each->verbs != NULL);
		assert_non_null(each->usage);
		assert_non_null(each->summary);
		assert_ptr_equal(command_find(commands, each->name, &err), each);
		assert_true(each->min_args <= each->max_args);
		for (const struct flag *flag = each->flags;
		     flag != NULL && flag->name != NULL; flag++)
			assert_non_null(flag->help);
	}
}

/* An option that no verb takes could never be given. */
TEST(each_option_of_a_command_with_verbs_is_taken_by_some_of_them)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		unsigned all = 0;
		for (const struct verb *verb = commands[i]->verbs;
		     verb != NULL && verb->name != NULL; verb++) {
			assert_non_null(verb->run);
			assert_true(verb->min_args <= verb->max_args);
			all = all << 1 | 1;
		}
		for (const struct flag *flag = commands[i]->flags;
		     flag != NULL && flag->name != NULL; flag++) {
			assert_int_equal((flag->verbs & all) == 0, all == 0);
			assert_int_equal(flag->verbs & ~all, 0);
		}
	}
}

/* faults 5.16: each letter of each command, its value attached */
TEST(every_short_option_takes_its_value_attached)
{
	int letters = 0;
	for (size_t i = 0; commands[i] != NULL; i++) {
		const struct command *each = commands[i];
		for (const struct flag *flag = each->flags;
		     flag != NULL && flag->name != NULL; flag++) {
			char word[] = "-?3";
			char *argv[] = {word, NULL};
			struct options options;
			struct error err;
			if (flag->letter == 0 || flag->argument == NULL ||
			    flag->optional)
				continue;
			word[1] = flag->letter;
			/* It may still want arguments, which is another mistake. */
			(void)options_parse(&options, each, 1, argv, &err);
			if (options.given_count != 1 ||
			    strcmp(options.given[0].value, "3") != 0)
				fail_msg("%s %s: %s", each->name, word, err.text);
			options_clear(&options);
			letters++;
		}
	}
	assert_true(letters >= 5);
}
