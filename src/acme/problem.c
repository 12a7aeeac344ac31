#include "acme/problem.h"

#include <stdio.h>
#include <string.h>

#include "util/buf.h"
#include "util/printable.h"

/* What the owner is told, %s being the name or "a name". */
static const struct {
	const char *type, *what, *advice;
	bool ours; /* another CA would say the same */
} problem_types[] = {
    {"accountDoesNotExist", "the CA does not know the account",
	"it is made anew with the next try", false},
    {"alreadyReplaced", "the CA has replaced this certificate already", "", false},
    {"badCSR", "the CA refuses the request for a certificate", "", false},
    {"badNonce", "the CA refused one nonce after another", "it is tried again later",
	false},
    {"badPublicKey", "the CA refuses the key", "", false},
    {"badSignatureAlgorithm", "the CA takes no signatures on P-256",
	"set acme-directory to another CA", false},
    {"caa", "a CAA record in the DNS forbids this CA",
	"add this CA to the CAA records of the domain, or remove them", false},
    {"compound", "the CA refuses several names", "", false},
    {"connection", "the CA cannot connect to the name",
	"its address must lead to this machine, and the port be open to the internet",
	true},
    {"dns", "the CA cannot look the name up",
	"make an A or AAAA record that leads to this machine, and look at DNSSEC",
	true},
    {"externalAccountRequired", "the CA wants an account that you have with it",
	"set acme-eab", false},
    {"incorrectResponse", "the CA got another answer from the name than ours",
	"its address must lead to this machine, with nothing between", true},
    {"invalidContact", "the CA refuses the e-mail address", "change acme-email", false},
    {"invalidProfile", "the CA does not know the profile or refuses it for these names",
	"change acme-profile", false},
    {"malformed", "the CA does not understand the request", "", false},
    {"orderNotReady", "the CA is not ready to issue", "it is tried again later", false},
    {"rateLimited", "the CA has given enough certificates or refusals for now", "",
	false},
    {"rejectedIdentifier", "the CA gives no certificates for the name",
	"use another name, or another CA (acme-directory)", false},
    {"serverInternal", "the CA has a fault of its own", "it is tried again later",
	false},
    {"tls", "the CA's TLS connection to the name failed",
	"nothing that ends TLS may stand before this server", true},
    {"unauthorized", "the CA refuses the authorization",
	"the name must lead to this machine, and not to another server", true},
    {"unsupportedContact", "the CA refuses the e-mail address", "change acme-email",
	false},
    {"unsupportedIdentifier", "the CA gives no certificates for names of this sort",
	"use a domain name, or another CA or profile for addresses (acme-directory, "
	"acme-profile)",
	false},
    {"userActionRequired", "the CA wants its owner to act",
	"read what it says, mostly new terms of service", false},
};

static const char *problem_short(const char *type)
{
	static const char urn[] = "urn:ietf:params:acme:error:";
	if (type == NULL || strncmp(type, urn, sizeof(urn) - 1) != 0)
		return "";
	return type + sizeof(urn) - 1;
}

static void problem_text(char *out, size_t size, const char *text)
{
	struct buf clean = {0};
	printable_text(&clean, span_of(text != NULL ? text : ""), false);
	(void)snprintf(out, size, "%s", buf_text(&clean));
	/* A character that was cut. */
	size_t len = strlen(out);
	while (
	    len > 0 && len + 1 == size && ((unsigned char)out[len - 1] & 0xc0) == 0x80)
		out[--len] = '\0';
	if (len > 0 && ((unsigned char)out[len - 1] & 0xc0) == 0xc0)
		out[--len] = '\0';
	buf_free(&clean);
}

void problem_read(struct problem *out, const json_t *doc)
{
	*out = (struct problem){0};
	const json_t *subproblems = json_object_get(doc, "subproblems");
	const json_t *first = json_array_get(subproblems, 0);
	if (json_is_object(first)) {
		out->others = json_array_size(subproblems) - 1;
		doc = first;
	}
	problem_text(out->type, sizeof(out->type),
	    problem_short(json_string_value(json_object_get(doc, "type"))));
	problem_text(out->detail, sizeof(out->detail),
	    json_string_value(json_object_get(doc, "detail")));
	problem_text(out->name, sizeof(out->name),
	    json_string_value(
		json_object_get(json_object_get(doc, "identifier"), "value")));
}

bool problem_is(const struct problem *problem, const char *type)
{
	return strcmp(problem->type, type) == 0;
}

static size_t problem_find(const struct problem *problem)
{
	size_t i = 0, count = sizeof(problem_types) / sizeof(problem_types[0]);
	while (i < count && !problem_is(problem, problem_types[i].type))
		i++;
	return i;
}

bool problem_is_ours(const struct problem *problem)
{
	size_t at = problem_find(problem);
	return at < sizeof(problem_types) / sizeof(problem_types[0]) &&
	       problem_types[at].ours;
}

static const char *problem_port(const char *challenge)
{
	if (challenge == NULL)
		return "";
	return strcmp(challenge, "http-01") == 0 ? " (http-01: port 80)"
						 : " (tls-alpn-01: port 443)";
}

int problem_tell(
    struct error *err, const struct problem *problem, const char *challenge)
{
	char status[40] = "", more[40] = "";
	size_t at = problem_find(problem);
	bool known = at < sizeof(problem_types) / sizeof(problem_types[0]);
	const char *advice = known ? problem_types[at].advice : "";
	if (!known && problem->status != 0)
		(void)snprintf(
		    status, sizeof(status), " (status %ld)", problem->status);
	if (problem->others > 0)
		(void)snprintf(more, sizeof(more), " (and %zu more)", problem->others);
	return error_set(err, "%s%s%s%s%s%s%s%s%s%s", problem->name,
	    problem->name[0] != '\0' ? ": " : "",
	    known ? problem_types[at].what : "the CA refuses", status,
	    problem_port(challenge), more, advice[0] != '\0' ? "; " : "", advice,
	    problem->detail[0] != '\0' ? ". It says: " : "", problem->detail);
}
