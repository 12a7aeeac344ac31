/* cmd_version -- prints the version. */
#include "cli/options.h"

static int version_run(const struct options *options)
{
	if (options->json)
		(void)printf("{\"version\":\"%s\"}\n", OFFHOOK_VERSION);
	else
		(void)printf("offhook %s\n", OFFHOOK_VERSION);
	return EXIT_OK;
}

const struct command cmd_version = {
    .name = "version",
    .usage = "",
    .summary = "print the version",
    .json = true,
    .run = version_run,
};
