/* scribbler -- handlers and a worker that write over all memory that they share with
 * anybody, and to every file that they have open. */
#include <fcntl.h>
#include <offhook.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char scrawl[] = "\x02wild writes, again and again and again";

static void write_over(char *from, const char *end)
{
	for (size_t i = 0; from < end; i++)
		*from++ = scrawl[i % sizeof(scrawl)];
}

/* What is mapped writable and shared; with frames, its own frames too. Gives how many. */
static int write_over_mappings(int frames)
{
	char line[512];
	int count = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	if (maps == NULL)
		return -1;
	while (fgets(line, sizeof(line), maps) != NULL) {
		unsigned long from, end;
		char mode[8];
		if (sscanf(line, "%lx-%lx %7s", &from, &end, mode) != 3 || mode[1] != 'w' ||
		    mode[3] != 's' || (!frames && strstr(line, "offhook-slots") != NULL))
			continue;
		write_over((char *)from, (char *)end);
		count++;
	}
	fclose(maps);
	return count;
}

/* Every descriptor but the log's and those of the whole machine. Gives to how many files it
 * could write. */
static int write_to_files(void)
{
	int written = 0;
	for (int fd = 3; fd < 1024; fd++) {
		struct stat file;
		if (fstat(fd, &file) < 0 || !S_ISREG(file.st_mode))
			continue;
		written += pwrite(fd, scrawl, sizeof(scrawl), 0) > 0 ||
			   pwrite(fd, scrawl, sizeof(scrawl), 4096) > 0 ||
			   write(fd, scrawl, sizeof(scrawl)) > 0 || ftruncate(fd, 0) == 0;
	}
	return written;
}

/* Its connection to the server, among others. */
static void write_to_sockets(void)
{
	for (int fd = 3; fd < 1024; fd++) {
		struct stat file;
		if (fstat(fd, &file) == 0 && S_ISSOCK(file.st_mode))
			(void)!write(fd, scrawl, sizeof(scrawl));
	}
}

static void scribble(char out[64])
{
	int mappings = write_over_mappings(0);
	snprintf(out, 64, "%d mappings, %d files", mappings, write_to_files());
}

static int on_sms(oh_event *event, oh_twiml *reply)
{
	char done[64] = "well behaved";
	const char *body = oh_param(event, "Body");
	/* Reads, so that all of the store's files are open and mapped. */
	json_t *before = oh_get(event, "seen", oh_sid(event));
	oh_insert(event, "seen", json_pack("{s:s, s:s}", "sid", oh_sid(event), "body", body));
	if (strcmp(body, "work") == 0)
		oh_enqueue(event, "scribble", json_pack("{s:s}", "sid", oh_sid(event)));
	if (strcmp(body, "scribble") == 0)
		scribble(done);
	if (strcmp(body, "frames") == 0)
		(void)write_over_mappings(1);
	if (strcmp(body, "sockets") == 0)
		write_to_sockets();
	oh_message(reply, oh_format(event, "%s%s", before != NULL ? "again " : "", done));
	json_decref(before);
	return OH_OK;
}

static int do_scribble(oh_job *job)
{
	char done[64];
	json_t *before = oh_get(job, "done", "nobody");
	scribble(done);
	oh_insert(job, "done", json_pack("{s:s, s:s}", "sid", oh_payload_str(job, "sid"), "what", done));
	json_decref(before);
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_MESSAGE, "/sms", .handler = on_sms,
		.fallback = "<Response><Message>Try later</Message></Response>"},
	    {0},
	};
	static const oh_worker workers[] = {{"scribble", .work = do_scribble}, {0}};
	static const oh_collection collections[] = {{"seen", "sid"}, {"done", "sid"}, {0}};
	return oh_main(argc, argv,
	    &(oh_app){.routes = routes, .workers = workers, .collections = collections});
}
