/* A settings file: every number that is taken is within its setting's bounds, every error
 * names the file, and no secret is shown. The input is the file. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "config/setting.h"
#include "fuzz/fuzz.h"

static void check_bounds(const struct config *config)
{
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];
		int64_t value;
		must(config->values[i].text != NULL && config->values[i].where != NULL);
		if (setting->secret)
			must(strcmp(config->values[i].text, "") == 0 ||
			     strcmp(config->values[i].text, "(set)") == 0);
		if (setting->max == 0)
			continue;
		memcpy(&value, (const char *)config + setting->field, sizeof(value));
		must(value >= setting->min && value <= setting->max);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char path[40];
	struct config config;
	struct error err = {""};
	if (fd < 0)
		fd = memfd_create("offhook.conf", MFD_CLOEXEC);
	must(fd >= 0 && fchmod(fd, 0600) == 0 && ftruncate(fd, 0) == 0 &&
	     pwrite(fd, data, size, 0) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct config_input input = {.file = path};
	if (config_load(&config, &input, &err) < 0) {
		must(strstr(err.text, path) != NULL);
		return 0;
	}
	check_bounds(&config);
	config_clear(&config);
	return 0;
}
