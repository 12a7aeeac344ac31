#include "app/certificates.h"

#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/stamp.h"
#include "util/thread.h"

enum {
	/* Certificate and key are two files, and whoever renews them writes one after the
	 * other: only what is wrong at so many looks is told. */
	TRIES = 3,
};

#define DAY_US (INT64_C(24) * 3600 * 1000 * 1000)

struct certificates {
	struct service *service;
	struct tls *tls;
	pthread_mutex_t lock; /* guards what follows */
	struct tls_pair pairs[TLS_CERTIFICATES_MAX];
	size_t count;
	char *added; /* the last pair's, of certificates_add; NULL: none */
	struct stamp chains[TLS_CERTIFICATES_MAX], keys[TLS_CERTIFICATES_MAX];
	int failures;      /* in a row, of the files as they are */
	int64_t warned_us; /* when it was last told that one ends soon; 0: never */
};

static size_t certificates_pairs(struct tls_pair *out, const struct config *config)
{
	size_t count = 0;
	while (config->tls_cert != NULL && config->tls_cert[count] != NULL &&
	       count < TLS_CERTIFICATES_MAX) {
		out[count] = (struct tls_pair){config->tls_cert[count],
		    config->tls_key != NULL ? config->tls_key[count] : NULL};
		count++;
	}
	return count;
}

/* Whether the files are others than at the last call. */
static bool certificates_changed(struct certificates *certificates)
{
	bool changed = false;
	for (size_t i = 0; i < certificates->count; i++) {
		const struct tls_pair *pair = &certificates->pairs[i];
		struct stamp chain = stamp_of(pair->chain);
		struct stamp key =
		    pair->key != NULL ? stamp_of(pair->key) : (struct stamp){0};
		changed = changed || !stamp_eq(chain, certificates->chains[i]) ||
			  !stamp_eq(key, certificates->keys[i]);
		certificates->chains[i] = chain;
		certificates->keys[i] = key;
	}
	return changed;
}

static int certificates_load(struct certificates *certificates, struct error *err)
{
	return tls_load(
	    certificates->tls, certificates->pairs, certificates->count, err);
}

int certificates_open(
    struct certificates **out, struct service *service, struct error *err)
{
	struct tls_pair pairs[TLS_CERTIFICATES_MAX];
	size_t count = certificates_pairs(pairs, service->config);
	*out = NULL;
	if (count == 0 && service->config->acme == NULL)
		return 0;
	struct certificates *certificates = mem_new(1, sizeof(*certificates));
	mutex_init(&certificates->lock);
	certificates->service = service;
	memcpy(certificates->pairs, pairs, sizeof(pairs));
	certificates->count = count;
	(void)certificates_changed(certificates);
	if (tls_open(&certificates->tls, err) < 0 ||
	    certificates_load(certificates, err) < 0) {
		certificates_close(certificates);
		return -1;
	}
	*out = certificates;
	return 0;
}

int certificates_check(const struct config *config, struct error *err)
{
	struct tls_pair pairs[TLS_CERTIFICATES_MAX];
	return tls_check(pairs, certificates_pairs(pairs, config), err);
}

void certificates_close(struct certificates *certificates)
{
	if (certificates == NULL)
		return;
	tls_close(certificates->tls);
	mutex_clear(&certificates->lock);
	free(certificates->added);
	free(certificates);
}

struct tls *certificates_tls(struct certificates *certificates)
{
	return certificates != NULL ? certificates->tls : NULL;
}

/* ---- while it serves ---- */

void certificates_alert(struct certificates *certificates, const char *why)
{
	struct service *service = certificates->service;
	struct failure_listeners listeners = service_listeners(service);
	const struct failure failure = {.what = FAILURE_CERTIFICATE,
	    .at_ms = clock_wall_ms(),
	    .error = span_of(why)};
	failure_report(service->store, &listeners, &failure);
}

static void certificates_try(struct certificates *certificates)
{
	char until[CLOCK_ISO_SIZE];
	struct error err;
	if (certificates_load(certificates, &err) == 0) {
		certificates->failures = 0;
		certificates->warned_us = 0;
		clock_iso(until, tls_not_after_ms(certificates->tls));
		log_write(LOG_INFO, "certificates read", "until", until, NULL);
		return;
	}
	if (++certificates->failures != TRIES)
		return;
	log_write(LOG_ERROR, "the new certificates cannot be used; the old ones stay",
	    "error", err.text, NULL);
	certificates_alert(certificates, err.text);
}

/* Now: what is wrong is told at once. */
static void certificates_read(struct certificates *certificates)
{
	(void)certificates_changed(certificates);
	certificates->failures = TRIES - 1;
	certificates_try(certificates);
}

/* Whoever renews the files may have stopped doing so. */
static void certificates_warn(struct certificates *certificates, int64_t now_us)
{
	char until[CLOCK_ISO_SIZE];
	struct error err;
	int64_t end_ms;
	if ((certificates->warned_us != 0 &&
		now_us - certificates->warned_us < DAY_US) ||
	    !tls_ends_soon(certificates->tls, clock_wall_ms(), &end_ms))
		return;
	certificates->warned_us = now_us;
	clock_iso(until, end_ms);
	(void)error_set(&err, "a certificate ends at %s and was not renewed", until);
	log_write(LOG_WARN, err.text, NULL);
	certificates_alert(certificates, err.text);
}

void certificates_look(struct certificates *certificates, int64_t now_us)
{
	if (certificates == NULL)
		return;
	mutex_lock(&certificates->lock);
	bool changed = certificates_changed(certificates);
	bool again = certificates->failures > 0 && certificates->failures < TRIES;
	if (changed)
		certificates->failures = 0;
	if (changed || again)
		certificates_try(certificates);
	certificates_warn(certificates, now_us);
	mutex_unlock(&certificates->lock);
}

void certificates_add(struct certificates *certificates, const char *file)
{
	mutex_lock(&certificates->lock);
	if (certificates->added == NULL && certificates->count < TLS_CERTIFICATES_MAX) {
		certificates->added = mem_strdup(file);
		certificates->pairs[certificates->count++] =
		    (struct tls_pair){.chain = certificates->added};
	}
	certificates_read(certificates);
	mutex_unlock(&certificates->lock);
}

void certificates_reload(struct certificates *certificates)
{
	if (certificates == NULL)
		return;
	mutex_lock(&certificates->lock);
	certificates_read(certificates);
	mutex_unlock(&certificates->lock);
}
