#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/help.h"
#include "util/text.h"

static void the_manual_page_holds_the_commands(void **state)
{
	(void)state;
	char *want = NULL;
	size_t len;
	char *page =
	    text_read_file(TEST_DATA_DIR "/../../man/offhook.1", 1024 * 1024, &len);
	FILE *out = open_memstream(&want, &len);
	assert_non_null(page);
	(void)fputs(".Sh COMMANDS\n", out);
	help_man(out);
	(void)fputs(".Sh ENVIRONMENT\n", out);
	assert_int_equal(fclose(out), 0);
	/* When this fails: put what `offhook help --man-commands` prints there. */
	assert_non_null(strstr(page, want));
	free(want);
	free(page);
}

static void every_option_is_in_its_commands_help(void **state)
{
	(void)state;
	for (size_t i = 0; cli_commands[i] != NULL; i++) {
		const struct command *command = cli_commands[i];
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		help_command(out, command);
		assert_int_equal(fclose(out), 0);
		for (const struct flag *flag = command->flags;
		     flag != NULL && flag->name != NULL; flag++)
			assert_non_null(strstr(text, flag->name));
		assert_non_null(strstr(text, "--help"));
		assert_int_equal(strstr(text, "--json") != NULL, command->json);
		assert_null(strstr(text, "auth-token "));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_manual_page_holds_the_commands),
	    cmocka_unit_test(every_option_is_in_its_commands_help),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
