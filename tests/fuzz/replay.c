/* replay -- runs a fuzz target over the files of its corpus, without libFuzzer: with
 * gcc, under sanitizers, as an ordinary test. Arguments: files or directories. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return -1;
	static uint8_t bytes[1 << 20];
	size_t len = fread(bytes, 1, sizeof(bytes), file);
	(void)fclose(file);
	/* A copy of exactly this size lets a sanitizer see a read past its end. */
	uint8_t *copy = malloc(len == 0 ? 1 : len);
	if (copy == NULL)
		return -1;
	for (size_t i = 0; i < len; i++)
		copy[i] = bytes[i];
	(void)LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	return 0;
}

static int replay(const char *path, size_t *count)
{
	struct stat info;
	if (stat(path, &info) != 0)
		return -1;
	if (!S_ISDIR(info.st_mode)) {
		(*count)++;
		return replay_file(path);
	}
	DIR *dir = opendir(path);
	if (dir == NULL)
		return -1;
	int failed = 0;
	struct dirent *entry;
	while ((entry = readdir(dir)) != NULL) {
		char inner[4096];
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		failed |= replay(inner, count);
	}
	(void)closedir(dir);
	return failed;
}

int main(int argc, char **argv)
{
	size_t count = 0;
	int failed = 0;
	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i], &count);
	if (failed != 0 || count == 0) {
		(void)fprintf(
		    stderr, "cannot read the corpus (%zu files read)\n", count);
		return 1;
	}
	(void)printf("1..1\nok 1 - %zu inputs\n", count);
	return 0;
}
