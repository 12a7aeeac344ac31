#include "cmd/env_place.h"

#include <stdlib.h>
#include <string.h>

#include "cli/locate.h"
#include "control/control.h"
#include "view/term.h"

int env_place_find(
    struct env_place *out, const struct options *options, struct error *err)
{
	if (locate_data(&out->config, options, err) != 0)
		return -1;
	out->place = (struct sealed_place){.dir = out->config.data,
	    .key_file = out->config.key_file,
	    .credentials = getenv("CREDENTIALS_DIRECTORY")};
	return 0;
}

void env_place_clear(struct env_place *place)
{
	config_clear(&place->config);
}

void env_place_tell_made(const char *made, const char *dir)
{
	if (made == NULL)
		return;
	term_say(stderr, "made the key: %s", made);
	if (strncmp(made, dir, strlen(dir)) == 0)
		term_say(stderr,
		    "warning: it lies beside what it opens: enough against a glance, not "
		    "against somebody who copies %s. Move it elsewhere, and give "
		    "--key-file, before real secrets are in there.",
		    dir);
}

int env_place_tell(const struct env_place *place, json_t **answer, struct error *err)
{
	json_t *request = json_pack("{s:s}", "command", "reload"), *told = NULL;
	int rc = control_request(place->place.dir, request, &told, err);
	json_decref(request);
	if (answer != NULL)
		*answer = told;
	else
		json_decref(told);
	return rc < 0
		   ? error_wrap(err,
			 "it is stored, but the server did not take it and goes on as "
			 "before")
		   : rc;
}
