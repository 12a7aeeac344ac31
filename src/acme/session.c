#include "acme/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "secrets/whole_file.h"
#include "util/jsonw.h"
#include "util/mem.h"
#include "util/text.h"

/* A CA that refuses half of all nonces (Pebble can) gets one request in a million through
 * to this bound. */
enum { NONCE_TRIES = 20, ACCOUNT_BYTES = 16384, ACCOUNT_ID = 8 };

int session_open(struct session *out, const struct session_config *config,
    struct transport *transport, struct error *err)
{
	struct response response = {0};
	*out = (struct session){.config = *config, .transport = transport};
	int rc =
	    transport_send(transport, "GET", config->directory, NULL, &response, err);
	if (rc == 0 && response.status != 200)
		rc = error_set(err,
		    "the CA's directory answered %ld; look at acme-directory",
		    response.status);
	if (rc == 0)
		rc = answer_directory(&out->directory, buf_span(&response.body), err);
	response_clear(&response);
	return rc;
}

void session_close(struct session *session)
{
	EVP_PKEY_free(session->key);
	json_decref(session->directory.doc);
	*session = (struct session){0};
}

/* ---- requests ---- */

static int session_take_nonce(struct session *session, struct error *err)
{
	struct response response = {0};
	if (session->nonce[0] != '\0')
		return 0;
	int rc = transport_send(session->transport, "HEAD",
	    session->directory.new_nonce, NULL, &response, err);
	if (rc == 0 && response.nonce[0] == '\0')
		rc = error_set(
		    err, "the CA gave no nonce (status %ld)", response.status);
	memcpy(session->nonce, response.nonce, sizeof(session->nonce));
	response_clear(&response);
	return rc;
}

static void session_read_problem(struct problem *out, const struct response *response)
{
	struct span body = buf_span(&response->body);
	json_t *doc = json_loadb(body.ptr, body.len, 0, NULL);
	problem_read(out, doc);
	out->status = response->status;
	out->retry_after_ms = response->retry_after_ms;
	json_decref(doc);
}

enum session_outcome session_post(struct session *session, const char *url,
    struct span payload, struct response *out, struct problem *problem,
    struct error *err)
{
	for (int tries = 0; tries < NONCE_TRIES; tries++) {
		struct buf body = {0};
		if (session_take_nonce(session, err) < 0)
			return SESSION_BROKEN;
		const struct jws_head head = {url, session->nonce,
		    session->account[0] != '\0' ? session->account : NULL};
		jws_make(&body, session->key, &head, payload);
		int rc =
		    transport_send(session->transport, "POST", url, &body, out, err);
		buf_free(&body);
		memcpy(session->nonce, out->nonce, sizeof(session->nonce));
		if (rc < 0)
			return SESSION_BROKEN;
		if (out->status >= 200 && out->status < 300)
			return SESSION_OK;
		session_read_problem(problem, out);
		if (!problem_is(problem, "badNonce"))
			return SESSION_REFUSED;
	}
	return SESSION_REFUSED;
}

/* ---- the account ---- */

/* A file for each directory. */
static char *session_account_path(const struct session *session)
{
	unsigned char hash[32];
	char id[2 * ACCOUNT_ID + 1];
	text_sha256(hash, span_of(session->config.directory));
	text_hex(id, hash, ACCOUNT_ID);
	return mem_printf("%s/account-%s.json", session->config.dir, id);
}

static int session_store_account(struct session *session, struct error *err)
{
	struct buf key = {0}, text = {0};
	char *path = session_account_path(session);
	acme_key_write(&key, session->key);
	buf_reserve(&text, ACCOUNT_BYTES);
	buf_putc(&text, '{');
	jsonw_field(&text, "directory", span_of(session->config.directory));
	if (session->account[0] != '\0')
		jsonw_field(&text, "account", span_of(session->account));
	if (session->config.email != NULL)
		jsonw_field(&text, "email", span_of(session->config.email));
	jsonw_field(&text, "key", buf_span(&key));
	buf_puts(&text, "}\n");
	int rc = whole_file_write(path, buf_span(&text), err);
	explicit_bzero(key.ptr, key.cap);
	explicit_bzero(text.ptr, text.cap);
	buf_free(&key);
	buf_free(&text);
	free(path);
	return rc;
}

/* Takes the account of the file. *same_email: the CA knows its owner's address. */
static int session_parse_account(
    struct session *session, struct span text, bool *same_email, struct error *err)
{
	json_t *doc = json_loadb(text.ptr, text.len, 0, NULL);
	const char *key = json_string_value(json_object_get(doc, "key"));
	const char *account = json_string_value(json_object_get(doc, "account"));
	const char *email = json_string_value(json_object_get(doc, "email"));
	const char *now = session->config.email;
	int rc = 0;
	*same_email =
	    email == NULL || now == NULL ? email == now : strcmp(email, now) == 0;
	if (account != NULL && answer_is_url(span_of(account)))
		(void)snprintf(
		    session->account, sizeof(session->account), "%s", account);
	session->key = acme_key_read(span_of(key != NULL ? key : ""), err);
	if (session->key == NULL)
		rc = -1;
	json_decref(doc);
	return rc;
}

/* 1: there is none. */
static int session_load_account(
    struct session *session, bool *same_email, struct error *err)
{
	struct buf text = {0};
	struct stat status;
	char *path = session_account_path(session);
	int rc = stat(path, &status) < 0 && errno == ENOENT
		     ? 1
		     : whole_file_read(&text, path, ACCOUNT_BYTES, err);
	if (rc == 1 && text.ptr != NULL)
		rc = -1; /* it is there, and not to be read */
	if (rc == 0 && (status.st_mode & 077) != 0)
		rc = error_set(
		    err, "%s holds a key and is open to others; chmod 600 it", path);
	if (rc == 0 &&
	    session_parse_account(session, buf_span(&text), same_email, err) < 0)
		rc = error_wrap(
		    err, "%s (remove it, and an account is made anew)", path);
	if (text.ptr != NULL)
		explicit_bzero(text.ptr, text.cap);
	buf_free(&text);
	free(path);
	return rc;
}

static void session_contact(const struct session *session, struct buf *out)
{
	if (session->config.email == NULL)
		return;
	struct buf to = {0};
	buf_printf(&to, "mailto:%s", session->config.email);
	jsonw_key(out, SPAN("contact"));
	buf_putc(out, '[');
	jsonw_string(out, buf_span(&to));
	buf_putc(out, ']');
	buf_free(&to);
}

/* Asks the CA for the key's account, which it makes where there is none. */
static enum session_outcome session_register(
    struct session *session, struct problem *problem, struct error *err)
{
	struct response response = {0};
	struct buf payload = {0};
	enum session_outcome outcome = SESSION_BROKEN;
	const char *url = session->directory.new_account;
	session->account[0] = '\0';
	buf_puts(&payload, "{\"termsOfServiceAgreed\":true");
	session_contact(session, &payload);
	if (session->config.eab.id != NULL)
		jsonw_key(&payload, SPAN("externalAccountBinding"));
	if (session->config.eab.id == NULL ||
	    jws_bind(&payload, &session->config.eab, url, session->key, err) == 0) {
		buf_putc(&payload, '}');
		outcome = session_post(
		    session, url, buf_span(&payload), &response, problem, err);
	}
	if (outcome == SESSION_OK && response.location[0] == '\0') {
		(void)error_set(err, "the CA gave the account no URL");
		outcome = SESSION_BROKEN;
	}
	if (outcome == SESSION_OK) {
		memcpy(session->account, response.location, sizeof(session->account));
		if (session_store_account(session, err) < 0)
			outcome = SESSION_BROKEN;
	}
	buf_free(&payload);
	response_clear(&response);
	return outcome;
}

/* The owner has another e-mail address. */
static enum session_outcome session_update_contact(
    struct session *session, struct problem *problem, struct error *err)
{
	struct response response = {0};
	struct buf payload = {0};
	buf_putc(&payload, '{');
	session_contact(session, &payload);
	if (session->config.email == NULL)
		buf_puts(&payload, "\"contact\":[]");
	buf_putc(&payload, '}');
	enum session_outcome outcome = session_post(
	    session, session->account, buf_span(&payload), &response, problem, err);
	if (outcome == SESSION_OK && session_store_account(session, err) < 0)
		outcome = SESSION_BROKEN;
	buf_free(&payload);
	response_clear(&response);
	return outcome;
}

static enum session_outcome session_make_account(
    struct session *session, struct problem *problem, struct error *err)
{
	EVP_PKEY_free(session->key);
	session->key = acme_key_new();
	session->account[0] = '\0';
	/* Kept first: an answer that is lost must not leave the CA an account of which
	 * nobody has the key. */
	if (session_store_account(session, err) < 0)
		return SESSION_BROKEN;
	return session_register(session, problem, err);
}

enum session_outcome session_account_anew(
    struct session *session, struct problem *problem, struct error *err)
{
	if (session->renewed)
		return SESSION_REFUSED;
	session->renewed = true;
	return session_make_account(session, problem, err);
}

enum session_outcome session_account(
    struct session *session, struct problem *problem, struct error *err)
{
	bool same_email = true;
	int rc = session_load_account(session, &same_email, err);
	if (rc < 0)
		return SESSION_BROKEN;
	if (rc == 1)
		return session_make_account(session, problem, err);
	enum session_outcome outcome = SESSION_OK;
	if (session->account[0] == '\0')
		outcome = session_register(session, problem, err);
	else if (!same_email)
		outcome = session_update_contact(session, problem, err);
	if (outcome == SESSION_REFUSED && (problem_is(problem, "accountDoesNotExist") ||
					      problem_is(problem, "unauthorized")))
		return session_account_anew(session, problem, err);
	return outcome;
}
