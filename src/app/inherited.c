#include "app/inherited.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/text.h"

enum { FIRST = 3, MOST = 16 };

/* How many there are, from descriptor 3 on. */
static int inherited_count(struct config *config)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	int64_t number;
	if (fds == NULL || pid == NULL ||
	    !text_int(span_of(pid), 1, INT64_MAX, &number) || number != getpid())
		return 0;
	if (text_int(span_of(fds), 0, MOST, &number))
		return (int)number;
	config_complain(
	    config, "LISTEN_FDS is not a number of sockets from 0 to %d", MOST);
	return 0;
}

/* The socket takes the place of a setting. */
static void inherited_put(
    struct config *config, const char *setting, const char **place, int fd)
{
	if (*place != NULL && span_starts(span_of(*place), SPAN("fd:"))) {
		config_complain(config,
		    "two sockets are handed over for %s: give each socket unit another "
		    "FileDescriptorName, offhook, admin or redirect, and one ListenStream",
		    setting);
		return;
	}
	if (config_value(config, setting)->source != CONFIG_DEFAULT)
		config_warn(config,
		    "%s is not used: a socket for it is handed over (systemctl cat "
		    "offhook.socket)",
		    setting);
	*place = arena_printf(config->arena, "fd:%d", fd);
}

void inherited_take(struct config *config)
{
	const char *names = getenv("LISTEN_FDNAMES");
	struct span rest = span_of(names != NULL ? names : "");
	int count = inherited_count(config);
	for (int fd = FIRST; fd < FIRST + count; fd++) {
		size_t end = span_find(rest, ':');
		struct span name = span_head(rest, end);
		rest = span_from(rest, end < rest.len ? end + 1 : end);
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		if (span_is(name, "admin"))
			inherited_put(config, "admin", &config->admin, fd);
		else if (span_is(name, "redirect") && config_https(config))
			inherited_put(
			    config, "redirect-listen", &config->redirect_listen, fd);
		else if (span_is(name, "redirect"))
			config_complain(config,
			    "a socket named redirect is handed over, which sends clients "
			    "to https, but that is not served: set tls-cert or acme");
		else
			inherited_put(config, "listen", &config->listen, fd);
	}
}
