#include "acme/acme_state.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "acme/acme_key.h"
#include "acme/answer.h"
#include "secrets/whole_file.h"
#include "util/jsonw.h"
#include "util/mem.h"
#include "util/text.h"

enum { STATE_BYTES = 16384, STATE_ID = 4 };

int acme_state_dir(const char *dir, struct error *err)
{
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return error_set(err, "%s: %s", dir, strerror(errno));
	return 0;
}

char *acme_state_path(const char *dir, const struct acme_names *names, const char *end)
{
	unsigned char hash[32];
	char id[2 * STATE_ID + 1];
	struct buf all = {0};
	for (size_t i = 0; i < names->count; i++)
		buf_printf(&all, "%s,", names->names[i]);
	text_sha256(hash, buf_span(&all));
	text_hex(id, hash, STATE_ID);
	buf_free(&all);
	/* A name may be as long as a file's name may be. */
	return mem_printf("%s/%.100s-%s%s", dir, names->names[0], id, end);
}

static void state_text(char *out, size_t size, const json_t *doc, const char *name)
{
	const char *text = json_string_value(json_object_get(doc, name));
	(void)snprintf(out, size, "%s", text != NULL ? text : "");
}

static int64_t state_number(const json_t *doc, const char *name)
{
	json_int_t number = json_integer_value(json_object_get(doc, name));
	return number < 0 ? 0 : number;
}

void acme_state_read(
    struct acme_state *out, const char *dir, const struct acme_names *names)
{
	size_t len = 0;
	char *path = acme_state_path(dir, names, ".json");
	char *text = text_read_file(path, STATE_BYTES, &len);
	json_t *doc = text == NULL ? NULL : json_loadb(text, len, 0, NULL);
	*out = (struct acme_state){0};
	state_text(out->directory, sizeof(out->directory), doc, "directory");
	state_text(out->challenge, sizeof(out->challenge), doc, "challenge");
	state_text(out->failure, sizeof(out->failure), doc, "failure");
	out->failures = (unsigned)(state_number(doc, "failures") & 0xffff);
	out->failed_ms = state_number(doc, "failedAt");
	out->next_try_ms = state_number(doc, "nextTryAt");
	out->window_start_ms = state_number(doc, "windowStart");
	out->window_end_ms = state_number(doc, "windowEnd");
	out->look_again_ms = state_number(doc, "lookAgainAt");
	if (out->window_end_ms < out->window_start_ms)
		out->window_start_ms = out->window_end_ms = 0;
	json_decref(doc);
	free(text);
	free(path);
}

int acme_state_write(const struct acme_state *state, const char *dir,
    const struct acme_names *names, struct error *err)
{
	struct buf text = {0};
	char *path = acme_state_path(dir, names, ".json");
	buf_putc(&text, '{');
	jsonw_field(&text, "directory", span_of(state->directory));
	jsonw_field(&text, "challenge", span_of(state->challenge));
	jsonw_field(&text, "failure", span_of(state->failure));
	jsonw_field_int(&text, "failures", state->failures);
	jsonw_field_int(&text, "failedAt", state->failed_ms);
	jsonw_field_int(&text, "nextTryAt", state->next_try_ms);
	jsonw_field_int(&text, "windowStart", state->window_start_ms);
	jsonw_field_int(&text, "windowEnd", state->window_end_ms);
	jsonw_field_int(&text, "lookAgainAt", state->look_again_ms);
	buf_puts(&text, "}\n");
	int rc = whole_file_write(path, buf_span(&text), err);
	buf_free(&text);
	free(path);
	return rc;
}

int acme_state_keep(const char *dir, const struct acme_names *names, struct span key,
    struct span chain, struct error *err)
{
	struct buf both = {0};
	char *path = acme_state_path(dir, names, ".pem");
	buf_reserve(&both, key.len + chain.len + 1);
	buf_put(&both, key);
	buf_put(&both, chain);
	int rc = whole_file_write(path, buf_span(&both), err);
	explicit_bzero(both.ptr, both.cap);
	buf_free(&both);
	free(path);
	return rc;
}

int acme_state_certificate(struct certificate_facts *out, const char *dir,
    const struct acme_names *names, struct error *err)
{
	struct buf text = {0};
	char *path = acme_state_path(dir, names, ".pem");
	struct stat status;
	int rc = stat(path, &status) < 0 && errno == ENOENT ? 1 : 0;
	if (rc == 0 && whole_file_read(&text, path, CERTIFICATE_BYTES, err) != 0)
		rc = -1;
	if (rc == 0) {
		EVP_PKEY *key = acme_key_read(buf_span(&text), err);
		rc = key == NULL
			 ? -1
			 : certificate_read(out, buf_span(&text), names, key, err);
		EVP_PKEY_free(key);
		if (rc < 0)
			(void)error_wrap(err, "%s", path);
	}
	if (text.ptr != NULL)
		explicit_bzero(text.ptr, text.cap);
	buf_free(&text);
	free(path);
	return rc;
}
