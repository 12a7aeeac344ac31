#include "doctor/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "control/control.h"
#include "engines/engines.h"
#include "secrets/key_file.h"
#include "store/store.h"
#include "util/text.h"

#define MIB (UINT64_C(1024) * 1024)

enum {
	/* Below it the next day may fill the disk; below the other, the next minute. */
	ROOM_WARNING_MIB = 500,
	ROOM_ERROR_MIB = 20,
	FILES_WARNING = 1000,
	CLOCK_WARNING_MS = 30 * 1000,
	CLOCK_ERROR_MS = 3600 * 1000,
	SOMAXCONN_LEAST = 1024,
	DESCRIPTORS_OWN = 200 /* of the store, handlers and so on */
};

/* ---- the data directory ---- */

void machine_judge_room(struct findings *findings, const char *dir, uint64_t free_bytes,
    uint64_t free_files)
{
	unsigned long long mib = (unsigned long long)(free_bytes / MIB);
	if (mib < ROOM_WARNING_MIB)
		findings_add(findings,
		    mib < ROOM_ERROR_MIB ? FINDING_ERROR : FINDING_WARNING, "disk",
		    "make room, or move the directory to a larger disk; a full one is "
		    "answered 503",
		    "%s: %llu MiB are free", dir, mib);
	else
		findings_add(findings, FINDING_OK, "disk", NULL,
		    "%s: %llu MiB are free", dir, mib);
	if (free_files < FILES_WARNING)
		findings_add(findings,
		    free_files == 0 ? FINDING_ERROR : FINDING_WARNING, "disk",
		    "remove small files from this file system (df -i shows it)",
		    "%s: %llu inodes are free", dir, (unsigned long long)free_files);
}

static void machine_check_room(struct findings *findings, const char *dir)
{
	struct statvfs room;
	if (statvfs(dir, &room) != 0)
		return;
	/* A file system that makes inodes as it needs them says 0 of 0. */
	machine_judge_room(findings, dir, (uint64_t)room.f_bavail * room.f_frsize,
	    room.f_files == 0 ? UINT64_MAX : (uint64_t)room.f_favail);
}

static void machine_check_server(struct findings *findings, const char *dir)
{
	struct error err;
	if (control_running(dir)) {
		findings_add(
		    findings, FINDING_OK, "server", NULL, "a server runs on %s", dir);
		return;
	}
	findings_add(findings, FINDING_ERROR, "server",
	    "start it: systemctl start offhook, or `offhook serve`; `offhook config "
	    "check` says what would keep it from starting",
	    "no server runs on %s", dir);
	if (store_check_contents(engines_for(dir), dir, &err) != 0)
		findings_add(findings, FINDING_ERROR, "store", NULL, "%s", err.text);
}

void machine_check_data(struct findings *findings, const struct config *config)
{
	struct stat info;
	const char *dir = config->data;
	if (stat(dir, &info) != 0) {
		findings_add(findings, FINDING_ERROR, "data",
		    errno == ENOENT
			? "`offhook serve` makes it; for another one give --data, or "
			  "--config with the server's settings"
			: "run this as the user who serves (offhook-service …, or sudo -u)",
		    "%s: %s", dir, strerror(errno));
		return;
	}
	if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		findings_add(findings, FINDING_WARNING, "data",
		    arena_printf(findings->arena, "chmod 700 %s", dir),
		    "%s: others may look into it (mode %03o)", dir,
		    (unsigned)(info.st_mode & 0777));
	else
		findings_add(
		    findings, FINDING_OK, "data", NULL, "%s is its owner's alone", dir);
	if (info.st_uid != geteuid())
		findings_add(findings, FINDING_WARNING, "data",
		    "run this as the user who serves (offhook-service …, or sudo -u)",
		    "%s belongs to another user", dir);
	machine_check_room(findings, dir);
	machine_check_server(findings, dir);
}

static void machine_check_unopened(struct findings *findings, const char *dir)
{
	if (access(arena_printf(findings->arena, "%s/secrets.age", dir), F_OK) == 0)
		findings_add(findings, FINDING_WARNING, "key",
		    "run this with the key (of the service: offhook-service doctor)",
		    "there are sealed secrets in %s, and no key here: what they set "
		    "counts as not set",
		    dir);
}

void machine_check_key(struct findings *findings, const struct config *config)
{
	struct key_file key;
	struct error err;
	const struct sealed_place place = {
	    config->data, config->key_file, getenv("CREDENTIALS_DIRECTORY")};
	if (key_file_find(&key, &place, &err) < 0)
		findings_add(findings, FINDING_ERROR, "key",
		    "chmod 600 it, and keep it elsewhere than the data directory", "%s",
		    err.text);
	else if (key.source == KEY_BESIDE)
		findings_add(findings, FINDING_WARNING, "key",
		    "move it elsewhere and set key-file, or make it a credential of "
		    "systemd",
		    "%s lies beside what it opens: a copy of the directory has both",
		    key.path);
	else if (key.source != KEY_NONE)
		findings_add(findings, FINDING_OK, "key", NULL,
		    "the key of the secrets is %s", key.path);
	else
		machine_check_unopened(findings, config->data);
	key_file_clear(&key);
}

/* ---- limits ---- */

void machine_judge_limits(struct findings *findings, const struct config *config,
    uint64_t descriptors, int64_t somaxconn)
{
	uint64_t wanted = (uint64_t)config->max_connections + DESCRIPTORS_OWN;
	if (descriptors < wanted)
		findings_add(findings, FINDING_WARNING, "limits",
		    "LimitNOFILE= in the unit, or ulimit -Hn, or a smaller "
		    "max-connections",
		    "a process started here may open %llu files; max-connections = "
		    "%lld takes %llu",
		    (unsigned long long)descriptors, (long long)config->max_connections,
		    (unsigned long long)wanted);
	else
		findings_add(findings, FINDING_OK, "limits", NULL,
		    "a process started here may open enough files for "
		    "max-connections = %lld",
		    (long long)config->max_connections);
	if (somaxconn >= 0 && somaxconn < SOMAXCONN_LEAST)
		findings_add(findings, FINDING_WARNING, "limits",
		    "sysctl -w net.core.somaxconn=4096, and the same in /etc/sysctl.d",
		    "only %lld connections may wait to be accepted "
		    "(net.core.somaxconn): a burst, or a restart, refuses some",
		    (long long)somaxconn);
}

void machine_check_limits(struct findings *findings, const struct config *config)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
	int64_t somaxconn = -1;
	size_t len = 0;
	char *text = text_read_file("/proc/sys/net/core/somaxconn", 64, &len);
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	if (text == NULL ||
	    !text_int(span_trim((struct span){text, len}), 0, INT32_MAX, &somaxconn))
		somaxconn = -1;
	free(text);
	/* The server takes the hard limit. */
	machine_judge_limits(findings, config, (uint64_t)limit.rlim_max, somaxconn);
}

/* ---- the time ---- */

void machine_judge_clock(struct findings *findings, int64_t here_ms, int64_t there_ms)
{
	int64_t ahead_ms = here_ms - there_ms;
	int64_t off_ms = ahead_ms < 0 ? -ahead_ms : ahead_ms;
	if (off_ms > CLOCK_WARNING_MS)
		findings_add(findings,
		    off_ms > CLOCK_ERROR_MS ? FINDING_ERROR : FINDING_WARNING, "clock",
		    "let the machine take its time from the network (timedatectl set-ntp "
		    "true): certificates are judged, and jobs run, by the clock",
		    "the clock is %lld s %s of Twilio's", (long long)(off_ms / 1000),
		    ahead_ms < 0 ? "behind" : "ahead");
	else
		findings_add(findings, FINDING_OK, "clock", NULL,
		    "the clock is right (Twilio's differs by at most %lld s)",
		    (long long)off_ms / 1000 + 1);
}
