/* oh_main -- offhook.h: the whole command line of an app. */
#include "app/host.h"
#include "cli/cli.h"

int oh_main(int argc, char **argv, const oh_app *app)
{
	if (app != NULL && host_wanted())
		return host_run(app);
	return cli_main_app(argc, argv, app);
}
