#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/setup.h"
#include "secrets/whole_file.h"
#include "view/term.h"

#define DROPIN_DIR "/etc/systemd/system/offhook.socket.d"
#define DROPIN     DROPIN_DIR "/https.conf"

int setup_write_socket(const struct setup *setup, struct error *err)
{
	static const char text[] =
	    "# Made by `offhook setup`: HTTPS is served, so the socket is that of https.\n"
	    "[Socket]\nListenStream=\nListenStream=443\n";
	if (!setup->service || !config_https(&setup->config))
		return 0;
	if (mkdir(DROPIN_DIR, 0755) < 0 && errno != EEXIST)
		return error_set(err, "%s: %s", DROPIN_DIR, strerror(errno));
	if (whole_file_write(DROPIN, span_of(text), err) < 0)
		return -1;
	(void)chmod(DROPIN, 0644);
	term_say(stderr, "%s: systemd opens port 443 for it", DROPIN);
	return 0;
}
