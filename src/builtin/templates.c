#include "builtin/templates.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#include "builtin/builtin_templates.h"
#include "twilio/template.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/stamp.h"
#include "util/suggest.h"
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

enum {
	FILES_LISTED_MAX = 20, /* of a directory that was named by mistake */
};

struct slot {
	struct template *template; /* guarded by templates->lock */
	/* Only templates_reload uses these. */
	struct stamp stamp;
	bool missed; /* it was not there at the last look */
};

struct templates {
	char *dir;
	pthread_rwlock_t lock;
	struct slot slots[TEMPLATE_NAMES];
	/* Of files that are no templates: only templates_reload uses these. */
	struct stamp dir_stamp;
	struct buf strays; /* "foo.xml\nbar.xml\n" */
};

static struct span templates_builtin(const char *file)
{
	for (size_t i = 0; i < builtin_template_count; i++)
		if (strcmp(builtin_templates[i].name, file) == 0)
			return (struct span){
			    builtin_templates[i].xml, builtin_templates[i].len};
	return (struct span){0};
}

static struct stamp templates_stamp(
    const struct templates *templates, enum template_name name)
{
	if (templates->dir == NULL)
		return (struct stamp){.error = ENOENT};
	char *path = mem_printf("%s/%s", templates->dir, files[name].file);
	struct stamp stamp = stamp_of(path);
	free(path);
	return stamp;
}

/* A text that is the owner's, of a file that was there. */
static int templates_compile_file(
    struct template **out, const char *path, enum template_name name, struct error *err)
{
	size_t len = 0;
	char *text = text_read_file(path, MAX_FILE, &len);
	if (text == NULL)
		return error_set(err, "%s: %s", path, strerror(errno));
	int rc = len == 0 ? error_set(err, "%s is empty", path)
			  : template_parse(out, files[name].kind, path,
				(struct span){text, len}, err);
	free(text);
	return rc;
}

/* From the owner's file when there is one, else from the built-in text. */
static int templates_compile(struct template **out, const struct templates *templates,
    enum template_name name, struct error *err)
{
	const char *file = files[name].file;
	const struct stamp *stamp = &templates->slots[name].stamp;
	if (stamp->error == ENOENT)
		return template_parse(
		    out, files[name].kind, file, templates_builtin(file), err);
	char *path = mem_printf("%s/%s", templates->dir, file);
	int rc;
	if (stamp->error != 0)
		rc = error_set(err, "%s: %s", path,
		    stamp->error == STAMP_NOT_A_FILE ? "it is not a file"
						     : strerror(stamp->error));
	else
		rc = templates_compile_file(out, path, name, err);
	free(path);
	return rc;
}

int templates_check(const char *dir, enum template_name name, struct error *err)
{
	struct templates templates = {.dir = mem_strdup(dir)};
	struct template *template = NULL;
	templates.slots[name].stamp = templates_stamp(&templates, name);
	int rc = templates_compile(&template, &templates, name, err);
	template_free(template);
	free(templates.dir);
	return rc;
}

static DIR *templates_open_dir(const char *path, struct error *err)
{
	DIR *dir = opendir(path);
	if (dir == NULL)
		(void)error_set(err, "templates: %s: %s", path, strerror(errno));
	return dir;
}

int templates_check_dir(const char *path, struct error *err)
{
	DIR *dir = templates_open_dir(path, err);
	if (dir == NULL)
		return -1;
	(void)closedir(dir);
	return 0;
}

/* ---- files that are no templates ---- */

/* Whether that is a name of TwiML's files: an editor's copies (sms.xml~, .sms.xml.swp)
 * are not. */
static bool templates_is_xml(const char *file)
{
	size_t len = strlen(file);
	return file[0] != '.' && len >= 4 && strcasecmp(file + len - 4, ".xml") == 0;
}

static void templates_note_stray(
    const struct templates *templates, struct buf *strays, const char *file)
{
	const char *names[TEMPLATE_NAMES];
	for (int i = 0; i < TEMPLATE_NAMES; i++) {
		names[i] = files[i].file;
		if (strcmp(files[i].file, file) == 0)
			return;
	}
	char *line = mem_printf("\n%s\n", file);
	buf_puts(strays, line + 1);
	if (strstr(buf_text(&templates->strays), line) == NULL)
		log_write(LOG_WARN, "no template has this name; the file is not used",
		    "file", file, "dir", templates->dir, "did_you_mean",
		    suggest_among(span_of(file), names, TEMPLATE_NAMES), NULL);
	free(line);
}

/* A misspelt name would silently leave the built-in text in place: each such file is
 * warned of when it appears. */
static int templates_look_around(struct templates *templates, struct error *err)
{
	struct buf strays = {0};
	struct stamp now = stamp_of(templates->dir);
	if (stamp_eq(now, templates->dir_stamp))
		return 0;
	templates->dir_stamp = now;
	DIR *dir = templates_open_dir(templates->dir, err);
	if (dir == NULL)
		return -1;
	struct dirent *entry;
	int count = 0;
	buf_putc(&strays, '\n');
	while (count < FILES_LISTED_MAX && (entry = readdir(dir)) != NULL) {
		if (!templates_is_xml(entry->d_name))
			continue;
		count++;
		templates_note_stray(templates, &strays, entry->d_name);
	}
	(void)closedir(dir);
	buf_free(&templates->strays);
	templates->strays = strays;
	return 0;
}

/* Which texts are whose, so that a file that was lost before the start is noticed. */
static void templates_log_found(const struct templates *templates)
{
	struct buf found = {0}, missing = {0};
	for (int i = 0; i < TEMPLATE_NAMES; i++) {
		bool is_there = templates->slots[i].stamp.error != ENOENT;
		struct buf *list = is_there ? &found : &missing;
		buf_printf(list, "%s%s", list->len == 0 ? "" : " ", files[i].file);
	}
	log_write(found.len == 0 ? LOG_WARN : LOG_INFO,
	    found.len == 0 ? "no template is there: the built-in texts are used"
			   : "templates read; of the others the built-in text is used",
	    "dir", templates->dir, "read", found.len == 0 ? NULL : buf_text(&found),
	    "others", missing.len == 0 ? NULL : buf_text(&missing), NULL);
	buf_free(&found);
	buf_free(&missing);
}

int templates_open(struct templates **out, const char *dir, struct error *err)
{
	struct templates *templates = mem_new(1, sizeof(*templates));
	(void)pthread_rwlock_init(&templates->lock, NULL);
	templates->dir = mem_strdup(dir);
	if (dir != NULL && templates_look_around(templates, err) < 0)
		goto failed;
	for (int i = 0; i < TEMPLATE_NAMES; i++) {
		enum template_name name = (enum template_name)i;
		templates->slots[i].stamp = templates_stamp(templates, name);
		if (templates_compile(
			&templates->slots[i].template, templates, name, err) < 0)
			goto failed;
		template_log_warnings(templates->slots[i].template);
	}
	if (dir != NULL)
		templates_log_found(templates);
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
	buf_free(&templates->strays);
	free(templates->dir);
	free(templates);
}

static void templates_reload_one(struct templates *templates, enum template_name name)
{
	const char *file = files[name].file;
	struct slot *slot = &templates->slots[name];
	struct stamp now = templates_stamp(templates, name);
	struct template *fresh = NULL;
	struct error err = {0};
	bool gone = now.error == ENOENT;
	bool missed = slot->missed;
	slot->missed = gone;
	/* An editor that saves may remove it and put it back: one look more. */
	if (stamp_eq(now, slot->stamp) || (gone && !missed))
		return;
	slot->stamp = now;
	if (templates_compile(&fresh, templates, name, &err) < 0) {
		log_write(LOG_ERROR, "template not reloaded; the last good one stays",
		    "file", file, "why", err.text, NULL);
		return;
	}
	(void)pthread_rwlock_wrlock(&templates->lock);
	struct template *old = slot->template;
	slot->template = fresh;
	(void)pthread_rwlock_unlock(&templates->lock);
	template_free(old);
	template_log_warnings(fresh);
	if (gone)
		log_write(LOG_WARN, "a template is gone: the built-in text is used",
		    "file", file, "dir", templates->dir, NULL);
	else
		log_write(LOG_INFO, "template reloaded", "file", file, NULL);
}

void templates_reload(struct templates *templates)
{
	struct error ignored; /* a directory that is gone: its files tell */
	if (templates->dir == NULL)
		return;
	for (int i = 0; i < TEMPLATE_NAMES; i++)
		templates_reload_one(templates, (enum template_name)i);
	(void)templates_look_around(templates, &ignored);
}

int templates_render(struct templates *templates, enum template_name name,
    const struct params *params, struct buf *out, struct error *err)
{
	(void)pthread_rwlock_rdlock(&templates->lock);
	int rc = template_render(templates->slots[name].template, params, out, err);
	(void)pthread_rwlock_unlock(&templates->lock);
	return rc;
}
