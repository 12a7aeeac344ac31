#include "jobs/roster.h"

#include <assert.h>
#include <stdlib.h>

#include "util/mem.h"

int roster_new(struct roster **out, const struct job_worker *workers, size_t count,
    struct error *err)
{
	struct roster *roster = mem_new(1, sizeof(*roster));
	if (timetable_new(&roster->timetable, workers, count, err) < 0) {
		free(roster);
		return -1;
	}
	roster->workers = mem_new(count + 1, sizeof(*roster->workers));
	roster->count = count;
	for (size_t i = 0; i < count; i++) {
		assert(workers[i].max_tries >= 1 && workers[i].concurrency >= 1);
		roster->workers[i] = workers[i];
		roster->workers[i].queue = mem_strdup(workers[i].queue);
		roster->workers[i].cron = NULL; /* they are in the timetable */
		roster->workers[i].zone = NULL;
	}
	*out = roster;
	return 0;
}

void roster_free(struct roster *roster)
{
	if (roster == NULL)
		return;
	for (size_t i = 0; i < roster->count; i++)
		free((void *)(uintptr_t)roster->workers[i].queue);
	free(roster->workers);
	timetable_free(roster->timetable);
	free(roster);
}
