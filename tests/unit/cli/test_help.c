#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/help.h"
#include "cmd/commands.h"
#include "util/text.h"

TEST(the_manual_page_holds_the_commands)
{
	char *want = NULL;
	size_t len;
	char *page =
	    text_read_file(TEST_DATA_DIR "/../../man/offhook.1", 1024 * 1024, &len);
	FILE *out = open_memstream(&want, &len);
	assert_non_null(page);
	(void)fputs(".Sh COMMANDS\n", out);
	help_man(out, commands);
	(void)fputs(".Sh ENVIRONMENT\n", out);
	assert_int_equal(fclose(out), 0);
	/* When this fails: put what `offhook help --man-commands` prints there. */
	assert_non_null(strstr(page, want));
	free(want);
	free(page);
}

TEST(every_option_is_in_its_commands_help)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		const struct command *command = commands[i];
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		help_command(out, command, NULL);
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
