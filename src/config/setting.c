#include "config/setting.h"

#include <ctype.h>

#include "config/config.h"
#include "config/setting_parse.h"

#define SECONDS(n)  (INT64_C(1000) * (n))
#define YEAR_S      (INT64_C(366) * 24 * 3600)
#define MIB(n)      (INT64_C(1024) * 1024 * (n))
#define FIELD(name) offsetof(struct config, name)

const struct setting setting_table[] = {
    {"listen", .argument = "ADDR:PORT", .initial = ":8080",
	.help = "where to listen for webhooks",
	.more = "An address, a colon and a port; without the address, all of them. "
		"IPv6 addresses stand in brackets. Port 0 picks a free one. "
		"Without this setting the variable PORT, if set, gives the port. A "
		"socket that systemd hands over counts before either.",
	.parse = setting_parse_listen, .field = FIELD(listen)},
    {"public-url", .argument = "URL", .initial = "",
	.help = "the address Twilio calls: https://host[:port][/prefix]",
	.more =
	    "Twilio signs the address it calls, so a server behind a proxy or a "
	    "tunnel must know it. A path prefix that the proxy takes off belongs "
	    "to it. User, password and fragment are left out: "
	    "#rc=2&rp=5xx,rt,ct, which tells Twilio how often to try again, belongs "
	    "behind the URLs that Twilio is given, as serve prints them.",
	.renewed = true, .parse = setting_parse_public_url},
    {"tls-cert", .argument = "FILE,…", .initial = "",
	.help = "the server's certificate: it speaks HTTPS then, and no HTTP",
	.more =
	    "In PEM, its issuers' certificates behind it (fullchain.pem). Several "
	    "files, separated by commas or given by several options: each client "
	    "gets that of the name it asks for, or the first. They are read again "
	    "when they change and at a reload. One that has expired, lacks its chain "
	    "or does not match its key is refused; the one before stays.",
	.repeated = true, .parse = setting_parse_list, .field = FIELD(tls_cert)},
    {"tls-key", .argument = "FILE,…", .initial = "",
	.help = "the key of tls-cert; not set: it is in the same file",
	.more = "In PEM, without a passphrase, one for each file of tls-cert.",
	.repeated = true, .parse = setting_parse_list, .field = FIELD(tls_key)},
    {"redirect-listen", .argument = "ADDR:PORT", .initial = "",
	.help = "where plain HTTP is sent on to https, as :80",
	.more = "Only with HTTPS. It answers nothing else.",
	.parse = setting_parse_address, .field = FIELD(redirect_listen)},
    {"acme", .argument = "NAME,…", .initial = "",
	.help = "gets the certificate of these names from a CA, and renews it",
	.more =
	    "Domain names that lead to this machine, or its public addresses, on one "
	    "certificate. The CA, Let's Encrypt unless acme-directory names another, "
	    "connects to port 443 of each, or to port 80 where redirect-listen "
	    "serves it: one of them must reach this server. With it you agree to "
	    "the CA's terms. What the CA knows of this server is in DIR/acme.",
	.parse = setting_parse_optional, .field = FIELD(acme)},
    {"acme-email", .argument = "ADDRESS", .initial = "",
	.help = "whom the CA may write to", .parse = setting_parse_optional,
	.field = FIELD(acme_email)},
    {"acme-directory", .argument = "URL,…",
	.initial = "https://acme-v02.api.letsencrypt.org/directory",
	.help = "the CA (ACME), or several: the next one counts when one fails",
	.more = "\"staging\" is Let's Encrypt's own for trials, whose certificates "
		"nobody trusts.",
	.repeated = true, .parse = setting_parse_list, .field = FIELD(acme_directory)},
    {"acme-ca-file", .argument = "FILE", .initial = "",
	.help = "certificates (PEM) by which a private CA itself is trusted",
	.parse = setting_parse_optional, .field = FIELD(acme_ca_file)},
    {"acme-profile", .argument = "NAME", .initial = "",
	.help = "the CA's profile, such as shortlived",
	.more =
	    "Not set: the CA's usual one, and shortlived for addresses, which Let's "
	    "Encrypt gives certificates for in no other.",
	.parse = setting_parse_optional, .field = FIELD(acme_profile)},
    {"acme-eab", .argument = "ID:KEY", .initial = "",
	.help = "binds the CA's account to one that you have there",
	.more = "External account binding: only some CAs ask for it.",
	.variable = "OFFHOOK_ACME_EAB", .secret = true, .parse = setting_parse_secret,
	.field = FIELD(acme_eab)},
    {"data", .argument = "DIR", .initial = "./offhook-data",
	.help = "the directory of the store",
	.more = "Made with mode 0700 when it does not exist. It must belong to the "
		"user who serves; other users are shut out of it.",
	.parse = setting_parse_text, .field = FIELD(data)},
    {"key-file", .argument = "FILE", .initial = "",
	.help = "the key of the secrets that `offhook env` sets",
	.more =
	    "An identity file of age, which nobody but its owner may open, and which "
	    "lies elsewhere than the data directory. A credential of systemd called "
	    "offhook.key counts before it; without either the key is DIR/key, which "
	    "is for a first try: a copy of the directory has both then.",
	.renewed = true, .parse = setting_parse_optional, .field = FIELD(key_file)},
    {"admin", .argument = "ADDR:PORT", .initial = "",
	.help = "where to serve /healthz, /readyz and /metrics",
	.more = "Not set: nowhere. Keep it away from the public.",
	.parse = setting_parse_address, .field = FIELD(admin)},
    {"trusted-proxy", .argument = "LIST", .initial = "",
	.help = "addresses or networks whose X-Forwarded-* headers are believed",
	.more = "Separated by commas, as in 127.0.0.1,10.0.0.0/8,fd00::/8. "
		"Only used without public-url.",
	.renewed = true, .parse = setting_parse_proxies},
    {"templates", .argument = "DIR", .initial = "",
	.help = "TwiML files that replace the built-in app's replies",
	.parse = setting_parse_optional, .field = FIELD(templates)},
    {"threads", .argument = "N", .initial = "0",
	.help = "I/O threads; 0: one for each core", .parse = setting_parse_count,
	.field = FIELD(threads), .min = 0, .max = 256},
    {"max-body", .argument = "SIZE", .initial = "1M",
	.help = "largest body of a webhook; larger ones are answered 413",
	.parse = setting_parse_size, .field = FIELD(max_body), .min = 1024,
	.max = MIB(64)},
    {"max-unsigned", .argument = "SIZE", .initial = "64M",
	.help = "what each OH_UNSIGNED route of an app may store in an hour",
	.more = "Then it is answered 503 until the hour is over. Strangers decide how "
		"much comes; what its handler turns away is not stored.",
	.parse = setting_parse_size, .field = FIELD(max_unsigned), .min = 1024,
	.max = MIB(1048576)},
    {"max-connections", .argument = "N", .initial = "20000",
	.help = "connections open at once; more are answered 503",
	.parse = setting_parse_count, .field = FIELD(max_connections), .min = 1,
	.max = 1000000},
    {"request-timeout", .argument = "TIME", .initial = "10s",
	.help = "how long a request may take to arrive; then 408",
	.parse = setting_parse_duration, .field = FIELD(request_timeout_ms), .min = 100,
	.max = SECONDS(60)},
    {"idle-timeout", .argument = "TIME", .initial = "75s",
	.help = "how long a connection may stay without a request",
	.parse = setting_parse_duration, .field = FIELD(idle_timeout_ms), .min = 100,
	.max = SECONDS(3600)},
    {"deadline", .argument = "TIME", .initial = "10s",
	.help = "then a webhook is late and gets its route's fallback reply",
	.more = "Counted from the request's first byte. Twilio itself gives up after "
		"15 s.",
	.parse = setting_parse_duration, .field = FIELD(deadline_ms), .min = 100,
	.max = SECONDS(13)},
    {"drain-timeout", .argument = "TIME", .initial = "15s",
	.help = "how long requests in flight may take to end when stopping",
	.parse = setting_parse_duration, .field = FIELD(drain_timeout_ms), .min = 0,
	.max = SECONDS(600)},
    {"handlers", .argument = "N", .initial = "0",
	.help = "handler processes; 0: two for each core, at least 4",
	.parse = setting_parse_count, .field = FIELD(handlers), .min = 0, .max = 1000},
    {"max-handlers", .argument = "N", .initial = "64",
	.help = "handler processes while slow handlers hold all of them up",
	.parse = setting_parse_count, .field = FIELD(max_handlers), .min = 1,
	.max = 1000},
    {"handler-timeout", .argument = "TIME", .initial = "30s",
	.help = "how long a handler may run before its process is killed",
	.more = "Its webhook has had the fallback reply since the deadline; until "
		"then its writes may still be committed.",
	.parse = setting_parse_duration, .field = FIELD(handler_timeout_ms), .min = 100,
	.max = SECONDS(3600)},
    {"handler-memory", .argument = "SIZE", .initial = "512M",
	.help = "address space of a handler process; 0: no limit",
	.parse = setting_parse_size, .field = FIELD(handler_memory), .min = 0,
	.max = MIB(1048576)},
    {"handler-sandbox", .argument = "on|off", .initial = "on",
	.help = "whether the kernel keeps handlers and workers away from the rest",
	.more = "From other processes of their user, the server among them, and from "
		"what no handler needs: mounts, namespaces, devices, debuggers. Files "
		"and the network stay as they are, but sudo and other set-user-id "
		"programs have no effect. Workers are left alone while alert-command "
		"is set, as that may need one.",
	.parse = setting_parse_sandbox},
    {"workers", .argument = "N", .initial = "0",
	.help = "processes kept ready for jobs; 0: one for each core",
	.parse = setting_parse_count, .field = FIELD(workers), .min = 0, .max = 1000},
    {"max-workers", .argument = "N", .initial = "64",
	.help = "processes for jobs while slow jobs hold all of them up",
	.more = "Never more than all the app's workers together may run at a time.",
	.parse = setting_parse_count, .field = FIELD(max_workers), .min = 1,
	.max = 1000},
    {"jobs-keep", .argument = "TIME", .initial = "7d",
	.help = "how long jobs that are done or cancelled are kept",
	.parse = setting_parse_duration, .field = FIELD(jobs_keep_ms),
	.min = SECONDS(1), .max = SECONDS(10 * YEAR_S)},
    {"dead-jobs-keep", .argument = "TIME", .initial = "90d",
	.help = "how long dead letters are kept", .parse = setting_parse_duration,
	.field = FIELD(dead_jobs_keep_ms), .min = SECONDS(1),
	.max = SECONDS(10 * YEAR_S)},
    {"alert-url", .argument = "URL", .initial = "",
	.help = "where alerts are posted to as JSON",
	.more = "An alert tells of events that failed or were late, messages that "
		"were not delivered, dead letters, and webhooks that were refused one "
		"after another; all of one kind, route, error "
		"code or queue together. Its field \"text\" is a sentence, which is "
		"what chat services show. With alert-secret it is signed. An address "
		"that is itself a secret belongs into the file or the variable. "
		"Redirects are not followed.",
	.renewed = true, .parse = setting_parse_alert_url, .field = FIELD(alert_url)},
    {"alert-command", .argument = "COMMAND", .initial = "",
	.help = "what is run for each alert, by /bin/sh",
	.more = "It gets the alert's JSON on its standard input, the sentence in "
		"OFFHOOK_ALERT_TEXT, and 30 seconds. Unless it exits with 0 the alert "
		"is tried again.",
	.renewed = true, .parse = setting_parse_optional,
	.field = FIELD(alert_command)},
    {"alert-interval", .argument = "TIME", .initial = "5m",
	.help = "least time between two alerts of the same kind",
	.more = "What happens meanwhile is told by the next one.", .renewed = true,
	.parse = setting_parse_duration, .field = FIELD(alert_interval_ms), .min = 0,
	.max = SECONDS(YEAR_S)},
    {"alert-delay", .argument = "TIME", .initial = "10s",
	.help = "how long the first alert waits for more of its kind", .renewed = true,
	.parse = setting_parse_duration, .field = FIELD(alert_delay_ms), .min = 0,
	.max = SECONDS(3600)},
    {"alert-secret", .argument = "whsec_…", .initial = "",
	.help = "signs what is posted to alert-url",
	.more = "As Standard Webhooks have it: whsec_ and 24 to 64 random bytes in "
		"Base64. The headers are webhook-id, webhook-timestamp and "
		"webhook-signature.",
	.variable = "OFFHOOK_ALERT_SECRET", .secret = true, .renewed = true,
	.parse = setting_parse_alert_secret},
    {"log-level", .argument = "LEVEL", .initial = "info",
	.help = "least level that is logged: debug, info, warn or error",
	.renewed = true, .parse = setting_parse_log_level},
    {"log-format", .argument = "FORMAT", .initial = "auto",
	.help = "text, json, or auto: text on a terminal",
	.more = "json: each line is an object, from the first one on, also errors of "
		"the start and what handlers print. It has time, level and msg; "
		"request_id is the same in all lines about one webhook. `dev` shows "
		"text unless json is asked for.",
	.parse = setting_parse_log_format},
    {"auth-token", .argument = "TOKEN", .initial = "",
	.help = "the Twilio account's Auth Token",
	.more = "While it is being rotated: the old and the new one, separated by a "
		"comma.",
	.variable = "TWILIO_AUTH_TOKEN", .secret = true, .renewed = true,
	.parse = setting_parse_tokens},
    {"auth-tokens", .argument = "AC…:TOKEN,…", .initial = "",
	.help = "Auth Tokens by account, for subaccounts",
	.more = "An account listed here uses only its own tokens; list it twice while "
		"its token is being rotated.",
	.variable = "TWILIO_AUTH_TOKENS", .secret = true, .renewed = true,
	.parse = setting_parse_account_tokens},
    {.name = "shared-keys",
	.argument = "ID:HMAC_SHA256:SECRET,…",
	.initial = "",
	.help = "SharedKeys that sign webhooks in place of an Auth Token",
	.more =
	    "Each with the one algorithm it is used with, HMAC_SHA1 or HMAC_SHA256. A "
	    "webhook names its key in the header "
	    "X-Twilio-Webhooks-Signature-Settings; then that key alone counts.",
	.variable = "TWILIO_SHARED_KEYS",
	.secret = true,
	.renewed = true,
	.parse = setting_parse_shared_keys},
};

const size_t setting_count = sizeof(setting_table) / sizeof(setting_table[0]);

_Static_assert(sizeof(setting_table) / sizeof(setting_table[0]) <= SETTING_MAX,
    "more settings than SETTING_MAX");

const struct setting *setting_find(struct span name)
{
	for (size_t i = 0; i < setting_count; i++) {
		if (span_is(name, setting_table[i].name))
			return &setting_table[i];
	}
	return NULL;
}

const char *setting_variable(char out[SETTING_NAME_SIZE], const struct setting *setting)
{
	if (setting->variable != NULL)
		return setting->variable;
	size_t len = strlen("OFFHOOK_");
	memcpy(out, "OFFHOOK_", len);
	for (const char *c = setting->name; *c != '\0'; c++)
		out[len++] = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
	out[len] = '\0';
	return out;
}

bool setting_sealable(const struct setting *setting)
{
	return strcmp(setting->name, "data") != 0 &&
	       strcmp(setting->name, "key-file") != 0;
}

const struct setting *setting_of_variable(struct span variable)
{
	char buffer[SETTING_NAME_SIZE];
	for (size_t i = 0; i < setting_count; i++)
		if (span_is(variable, setting_variable(buffer, &setting_table[i])))
			return &setting_table[i];
	return NULL;
}
