#include "app/issuance.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "acme/acme.h"
#include "acme/certificate.h"
#include "acme/reach.h"
#include "util/log.h"
#include "util/mem.h"

/* Let's Encrypt gives certificates for addresses by this profile alone:
 * https://letsencrypt.org/docs/profiles/ */
static const char profile_of_addresses[] = "shortlived";

struct issuance {
	struct service *service;
	struct certificates *certificates;
	struct redirect *redirect;
	struct acme *acme;
	EVP_PKEY *key; /* of the certificates that answer challenges */
};

/* ---- settings ---- */

/* "ID:KEY"; the key has no colon. */
static int issuance_eab(struct jws_eab *out, const char *text, struct error *err)
{
	char *colon = strrchr(text, ':');
	if (colon == NULL || colon == text || colon[1] == '\0')
		return error_set(err,
		    "acme-eab: write the key's ID, a colon, and the key, as the CA gives "
		    "them");
	*out = (struct jws_eab){
	    .id = mem_strndup((struct span){text, (size_t)(colon - text)}),
	    .key = colon + 1};
	return 0;
}

static bool issuance_has_address(const struct acme_names *names)
{
	unsigned char address[ACME_ADDRESS_SIZE];
	for (size_t i = 0; i < names->count; i++)
		if (acme_name_address(address, names->names[i]) > 0)
			return true;
	return false;
}

/* Fills what comes from the settings; eab.id is the caller's to free. */
static int issuance_config(struct acme_config *out, struct acme_names *names,
    const struct config *config, struct error *err)
{
	size_t count = 0;
	*out = (struct acme_config){.program = "/proc/self/exe",
	    .names = names,
	    .email = config->acme_email,
	    .ca_file = config->acme_ca_file,
	    .profile = config->acme_profile,
	    .alpn = true};
	if (acme_names_parse(names, span_of(config->acme), err) < 0)
		return error_wrap(err, "acme");
	if (config->acme_directory == NULL)
		return error_set(err, "acme-directory: acme needs a CA");
	for (; config->acme_directory[count] != NULL; count++) {
		const char *url = config->acme_directory[count];
		if (count == ACME_DIRECTORIES_MAX)
			return error_set(
			    err, "acme-directory: more than %d", ACME_DIRECTORIES_MAX);
		if (strcmp(url, "staging") == 0)
			url = "https://acme-staging-v02.api.letsencrypt.org/directory";
		if (!span_starts(span_of(url), SPAN("https://")))
			return error_set(err,
			    "acme-directory: \"%s\" is neither a URL that begins with "
			    "https:// nor \"staging\"",
			    url);
		out->directories[count] = url;
	}
	if (out->profile == NULL && count > 0 && issuance_has_address(names) &&
	    strstr(out->directories[0], ".letsencrypt.org/") != NULL)
		out->profile = profile_of_addresses;
	return config->acme_eab == NULL
		   ? 0
		   : issuance_eab(&out->eab, config->acme_eab, err);
}

static void issuance_config_clear(struct acme_config *config)
{
	union {
		const char *in;
		void *out;
	} id = {config->eab.id};

	free(id.out);
}

int issuance_check(const struct config *config, struct error *err)
{
	struct acme_config acme = {.program = NULL};
	struct acme_names *names = mem_new(1, sizeof(*names));
	int rc = config->acme == NULL ? 0 : issuance_config(&acme, names, config, err);
	issuance_config_clear(&acme);
	free(names);
	return rc;
}

char *issuance_url(const struct config *config)
{
	struct acme_names *names = mem_new(1, sizeof(*names));
	unsigned char address[ACME_ADDRESS_SIZE];
	char *url = NULL;
	if (config->acme != NULL &&
	    acme_names_parse(names, span_of(config->acme), NULL) == 0)
		for (size_t i = 0; i < names->count && url == NULL; i++)
			if (acme_name_address(address, names->names[i]) == 0)
				url = mem_printf("https://%s", names->names[i]);
	free(names);
	return url;
}

/* ---- on oh-acme ---- */

static bool issuance_answer_alpn(
    struct issuance *issuance, const struct order_challenge *challenge)
{
	char name[ACME_SNI_SIZE];
	X509 *certificate = certificate_of_challenge(
	    challenge->name, challenge->key_authorization, issuance->key);
	tls_challenge_set(certificates_tls(issuance->certificates),
	    acme_name_sni(name, challenge->name), certificate, issuance->key);
	X509_free(certificate);
	return true;
}

static bool issuance_set(void *ctx, const struct order_challenge *challenge)
{
	struct issuance *issuance = ctx;
	if (strcmp(challenge->type, ORDER_ALPN) == 0)
		return issuance_answer_alpn(issuance, challenge);
	if (issuance->redirect == NULL)
		return false;
	redirect_answer(
	    issuance->redirect, challenge->token, challenge->key_authorization);
	return true;
}

static void issuance_clear(void *ctx, const struct order_challenge *challenge)
{
	struct issuance *issuance = ctx;
	char name[ACME_SNI_SIZE];
	if (strcmp(challenge->type, ORDER_ALPN) == 0)
		tls_challenge_clear(certificates_tls(issuance->certificates),
		    acme_name_sni(name, challenge->name));
	else if (issuance->redirect != NULL)
		redirect_forget(issuance->redirect, challenge->token);
}

static void issuance_warn(const char *name, enum reach found, const char *at)
{
	if (found == REACH_OTHER)
		log_write(LOG_WARN,
		    "another server answers on port 443 of the name, unless a router does "
		    "so for machines behind it: its A and AAAA records must lead to this "
		    "server, or that port be passed on to it",
		    "name", name, "address", at, NULL);
	if (found == REACH_NOBODY)
		log_write(LOG_WARN,
		    "port 443 of the name cannot be reached from this machine; the CA "
		    "needs it, or port 80 with redirect-listen",
		    "name", name, "address", at, NULL);
}

/* A name without an address is not worth a failed validation. Others are warned of only:
 * behind a router, what this machine sees is not what the CA does. A private CA may know
 * names that this machine does not. */
static int issuance_preflight(void *ctx, const char *name, struct error *err)
{
	struct issuance *issuance = ctx;
	const struct order_challenge probe = {
	    .type = ORDER_ALPN, .name = name, .token = "", .key_authorization = ""};
	char at[REACH_ADDRESS_SIZE], sni[ACME_SNI_SIZE];
	if (issuance->service->config->acme_ca_file != NULL)
		return 0;
	if (!acme_name_resolves(name, err))
		return -1;
	X509 *certificate = certificate_of_challenge(name, "", issuance->key);
	tls_challenge_set(certificates_tls(issuance->certificates),
	    acme_name_sni(sni, name), certificate, issuance->key);
	enum reach found = reach_ask(at, name, REACH_PORT, certificate);
	issuance_warn(name, found, at);
	issuance_clear(issuance, &probe);
	X509_free(certificate);
	return 0;
}

static void issuance_ready(void *ctx, const char *file)
{
	struct issuance *issuance = ctx;
	certificates_add(issuance->certificates, file);
}

static void issuance_failed(
    void *ctx, const char *why, int64_t next_ms, int64_t not_after_ms)
{
	struct issuance *issuance = ctx;
	(void)next_ms;
	(void)not_after_ms;
	certificates_alert(issuance->certificates, why);
}

/* ---- begin and end ---- */

int issuance_open(struct issuance **out, struct service *service,
    struct certificates *certificates, struct redirect *redirect, struct error *err)
{
	const struct config *config = service->config;
	struct acme_config acme;
	*out = NULL;
	if (config->acme == NULL)
		return 0;
	struct issuance *issuance = mem_new(1, sizeof(*issuance));
	struct acme_names *names = mem_new(1, sizeof(*names));
	char *dir = mem_printf("%s/acme", config->data);
	*issuance = (struct issuance){.service = service,
	    .certificates = certificates,
	    .redirect = redirect,
	    .key = EVP_EC_gen("P-256")};
	const struct acme_calls calls = {
	    .challenges = {issuance, issuance_set, issuance_clear},
	    .ctx = issuance,
	    .preflight = issuance_preflight,
	    .certificate_ready = issuance_ready,
	    .failed = issuance_failed};
	int rc = issuance_config(&acme, names, config, err);
	acme.dir = dir;
	acme.http = redirect != NULL;
	if (rc == 0 && issuance->key == NULL)
		rc = error_set(err, "no key can be made");
	if (rc == 0)
		rc = acme_open(&issuance->acme, &acme, &calls, err);
	issuance_config_clear(&acme);
	free(dir);
	free(names);
	if (rc == 0)
		*out = issuance;
	else
		issuance_close(issuance);
	return rc;
}

void issuance_wake(struct issuance *issuance)
{
	if (issuance != NULL)
		acme_wake(issuance->acme);
}

void issuance_close(struct issuance *issuance)
{
	if (issuance == NULL)
		return;
	acme_close(issuance->acme);
	EVP_PKEY_free(issuance->key);
	free(issuance);
}
