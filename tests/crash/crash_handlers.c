/* crash_handlers -- handlers that crash, one after another: every one of them gets its
 * fallback reply and is stored as failed, and the server's memory and descriptors are
 * the same at the end as after the first fifth.
 *
 *   crash_handlers ROUNDS     ten crashes each
 *
 * Prints TAP. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../e2e/conversation.h"
#include "engines/engines.h"
#include "store/store.h"
#include "util/text.h"

/* The store fills its page cache meanwhile: some 0.4 kB an event. */
enum { GROWTH_KB = 6144 };

static int failures;

static void told(bool good, int number, const char *what)
{
	(void)printf("%sok %d - %s\n", good ? "" : "not ", number, what);
	failures += !good;
}

/* Pages in use, in kB, that are the process's own. */
static long resident_kb(pid_t pid)
{
	char path[64];
	long pages = 0;
	long shared = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	FILE *file = fopen(path, "r");
	if (file == NULL || fscanf(file, "%*d %ld %ld", &pages, &shared) != 2)
		pages = shared = 0;
	if (file != NULL)
		(void)fclose(file);
	return (pages - shared) * (sysconf(_SC_PAGESIZE) / 1024);
}

static int descriptors(pid_t pid)
{
	char path[64];
	int count = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	DIR *dir = opendir(path);
	while (dir != NULL && readdir(dir) != NULL)
		count++;
	if (dir != NULL)
		(void)closedir(dir);
	return count;
}

/* After a moment, in which processes that are being replaced have come. */
static int settled_descriptors(pid_t pid)
{
	int least = descriptors(pid);
	for (int i = 0; i < 20; i++) {
		(void)usleep(50000);
		int now = descriptors(pid);
		least = now < least ? now : least;
	}
	return least;
}

static int crash(const struct talk *talk, int number)
{
	char form[100];
	struct answer answer;
	(void)snprintf(form, sizeof(form),
	    "MessageSid=SM%d&From=%%2B1%d&To=%%2B1&Body=crash", number, number);
	talk_post(talk, &answer, "/sms", form);
	bool good =
	    answer.status == 200 && strstr(buf_text(&answer.body), "Try later") != NULL;
	answer_clear(&answer);
	return good ? 0 : 1;
}

static int failed_events(const struct talk *talk)
{
	struct store_reader *reader;
	const struct store_event_query query = {0};
	struct error err;
	int count = 0;
	if (store_reader_open(&reader, engines_for(talk->data), talk->data, &err) < 0)
		return -1;
	struct store_event event;
	struct store_events *events = store_events_open(reader, &query);
	while (store_events_next(events, &event, &err) == 1)
		count += event.state == EVENT_FAILED;
	store_events_close(events);
	store_reader_close(reader);
	return count;
}

int main(int argc, char **argv)
{
	static const char *const quiet[] = {"--log-level", "error", NULL};
	struct talk talk;
	int count = 10 * (argc > 1 ? atoi(argv[1]) : 50);
	int wrong = 0;
	long kb = 0;
	int fds = 0;
	(void)setenv("ASAN_OPTIONS", "detect_leaks=1:handle_segv=0", 1);
	talk_start_program(&talk, APPS_DIR "/rogue", quiet);
	for (int i = 0; i < count; i++) {
		wrong += crash(&talk, i);
		if (i == count / 5) {
			kb = resident_kb(talk.pid);
			fds = settled_descriptors(talk.pid);
		}
	}
	long grown_kb = resident_kb(talk.pid) - kb;
	int more_fds = settled_descriptors(talk.pid) - fds;
	(void)printf("1..4\n# %d crashes: %+ld kB, %+d descriptors\n", count, grown_kb,
	    more_fds);
	told(wrong == 0, 1, "every one got the fallback reply");
	told(failed_events(&talk) == count, 2, "every event is stored as failed");
	told(grown_kb < GROWTH_KB, 3, "memory is flat");
	told(more_fds <= 0, 4, "descriptors are flat");
	talk_end(&talk);
	return failures == 0 ? 0 : 1;
}
