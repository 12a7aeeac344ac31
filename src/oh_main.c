/* oh_main -- offhook.h: the whole command line of an app. */
#include "api/app_sizes.h"
#include "cli/cli.h"
#include "cmd/commands.h"
#include "host/host.h"

int oh_main_(int argc, char **argv, const oh_app *app, const struct oh_sizes *sizes)
{
	/* The built-in app has none of its own, but those that every program has. */
	static const oh_app no_app;

	struct arena *arena = arena_new();
	if (app != NULL)
		app = app_sizes_take(app, sizes, arena);
	int code = host_wanted() ? host_run(app != NULL ? app : &no_app)
				 : cli_main(commands, argc, argv, app);
	arena_free(arena);
	return code;
}
