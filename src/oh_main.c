/* oh_main -- offhook.h: the whole command line of an app. */
#include "cli/cli.h"
#include "cmd/commands.h"
#include "host/host.h"

int oh_main(int argc, char **argv, const oh_app *app)
{
	/* The built-in app has none of its own, but those that every program has. */
	static const oh_app no_app;

	if (host_wanted())
		return host_run(app != NULL ? app : &no_app);
	return cli_main(commands, argc, argv, app);
}
