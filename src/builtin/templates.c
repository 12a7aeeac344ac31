#include "builtin/templates.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "builtin/builtin_templates.h"
#include "twilio/template.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

enum { MAX_FILE = 256 * 1024 };

static const struct {
	const char *file;
	enum twiml_kind kind;
} files[TEMPLATE_NAMES] = {
    [TEMPLATE_SMS] = {"sms.xml", TWIML_MESSAGING},
    [TEMPLATE_SMS_FALLBACK] = {"sms-fallback.xml", TWIML_MESSAGING},
    [TEMPLATE_VOICE] = {"voice.xml", TWIML_VOICE},
    [TEMPLATE_VOICE_RECORDED] = {"voice-recorded.xml", TWIML_VOICE},
    [TEMPLATE_VOICE_FALLBACK] = {"voice-fallback.xml", TWIML_VOICE},
};

/* What a file looked like when it was last read; all zero: there was none. */
struct stamp {
	struct timespec changed;
	off_t size;
	ino_t inode;
};

struct slot {
	struct template *template; /* guarded by templates->lock */
	struct stamp stamp;        /* only templates_reload uses it */
};

struct templates {
	char *dir;
	pthread_rwlock_t lock;
	struct slot slots[TEMPLATE_NAMES];
};

static struct span templates_builtin(const char *file)
{
	for (size_t i = 0; i < builtin_template_count; i++)
		if (strcmp(builtin_templates[i].name, file) == 0)
			return (struct span){
			    builtin_templates[i].xml, builtin_templates[i].len};
	return (struct span){0};
}

static bool stamp_eq(struct stamp a, struct stamp b)
{
	return a.changed.tv_sec == b.changed.tv_sec &&
	       a.changed.tv_nsec == b.changed.tv_nsec && a.size == b.size &&
	       a.inode == b.inode;
}

/* From the owner's file when there is one, else from the built-in text. */
static int templates_compile(struct template **out, const struct templates *templates,
    enum template_name name, struct error *err)
{
	const char *file = files[name].file;
	struct span xml = templates_builtin(file);
	char *path = NULL;
	char *text = NULL;
	size_t len = 0;
	int rc = -1;
	if (templates->dir != NULL) {
		path = mem_printf("%s/%s", templates->dir, file);
		text = text_read_file(path, MAX_FILE, &len);
		if (text == NULL && errno != ENOENT) {
			(void)error_set(err, "%s: %s", path, strerror(errno));
			goto out;
		}
	}
	if (text != NULL)
		xml = (struct span){text, len};
	rc =
	    template_parse(out, files[name].kind, text != NULL ? path : file, xml, err);
out:
	free(text);
	free(path);
	return rc;
}

static struct stamp templates_stamp(
    const struct templates *templates, enum template_name name)
{
	struct stat info;
	struct stamp stamp = {0};
	if (templates->dir == NULL)
		return stamp;
	char *path = mem_printf("%s/%s", templates->dir, files[name].file);
	if (stat(path, &info) == 0)
		stamp = (struct stamp){info.st_mtim, info.st_size, info.st_ino};
	free(path);
	return stamp;
}

/* A misspelt name would silently leave the built-in text in place. */
static int templates_check_names(const char *path, struct error *err)
{
	DIR *dir = opendir(path);
	if (dir == NULL)
		return error_set(err, "templates: %s: %s", path, strerror(errno));
	int rc = 0;
	struct dirent *entry;
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);
		if (entry->d_name[0] == '.' || len < 4 ||
		    strcmp(entry->d_name + len - 4, ".xml") != 0)
			continue;
		bool known = false;
		for (int i = 0; i < TEMPLATE_NAMES; i++)
			known = known || strcmp(files[i].file, entry->d_name) == 0;
		if (!known)
			rc = error_set(err,
			    "templates: %s/%s is none of sms.xml, sms-fallback.xml, "
			    "voice.xml, voice-recorded.xml, voice-fallback.xml",
			    path, entry->d_name);
	}
	(void)closedir(dir);
	return rc;
}

int templates_open(struct templates **out, const char *dir, struct error *err)
{
	struct templates *templates = mem_new(1, sizeof(*templates));
	(void)pthread_rwlock_init(&templates->lock, NULL);
	templates->dir = mem_strdup(dir);
	if (dir != NULL && templates_check_names(dir, err) < 0)
		goto failed;
	for (int i = 0; i < TEMPLATE_NAMES; i++) {
		enum template_name name = (enum template_name)i;
		templates->slots[i].stamp = templates_stamp(templates, name);
		if (templates_compile(
			&templates->slots[i].template, templates, name, err) < 0)
			goto failed;
	}
	*out = templates;
	return 0;
failed:
	templates_close(templates);
	return -1;
}

void templates_close(struct templates *templates)
{
	if (templates == NULL)
		return;
	for (int i = 0; i < TEMPLATE_NAMES; i++)
		template_free(templates->slots[i].template);
	(void)pthread_rwlock_destroy(&templates->lock);
	free(templates->dir);
	free(templates);
}

void templates_reload(struct templates *templates)
{
	for (int i = 0; i < TEMPLATE_NAMES; i++) {
		enum template_name name = (enum template_name)i;
		struct slot *slot = &templates->slots[i];
		struct stamp now = templates_stamp(templates, name);
		struct template *fresh = NULL;
		struct error err = {0};
		if (stamp_eq(now, slot->stamp))
			continue;
		slot->stamp = now;
		if (templates_compile(&fresh, templates, name, &err) < 0) {
			log_write(LOG_ERROR,
			    "template not reloaded; the last good one stays", "file",
			    files[i].file, "why", err.text, NULL);
			continue;
		}
		(void)pthread_rwlock_wrlock(&templates->lock);
		struct template *old = slot->template;
		slot->template = fresh;
		(void)pthread_rwlock_unlock(&templates->lock);
		template_free(old);
		log_write(LOG_INFO, "template reloaded", "file", files[i].file, NULL);
	}
}

int templates_render(struct templates *templates, enum template_name name,
    const struct params *params, struct buf *out, struct error *err)
{
	(void)pthread_rwlock_rdlock(&templates->lock);
	int rc = template_render(templates->slots[name].template, params, out, err);
	(void)pthread_rwlock_unlock(&templates->lock);
	return rc;
}
