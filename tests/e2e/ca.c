#include "ca.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "acme/acme_key.h"
#include "acme/base64url.h"
#include "acme/certificate.h"

enum { PATIENCE_MS = 20000, STEP_US = 10000 };

/* ---- sockets and certificates ---- */

static struct sockaddr_in ca_address(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int ca_listen(int *port)
{
	struct sockaddr_in at = ca_address(*port);
	socklen_t len = sizeof(at);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

/* Not one of those that the kernel gives to whoever connects meanwhile. */
int ca_free_port(void)
{
	enum { FIRST = 10000, END = 32000 };

	static unsigned turn;
	for (int tries = 0; tries < 1000; tries++) {
		unsigned salt = (unsigned)getpid() * 31 + turn++ * 7;
		int port = FIRST + (int)(salt % (END - FIRST));
		struct sockaddr_in at = ca_address(port);
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int rc = bind(fd, (struct sockaddr *)&at, sizeof(at));
		(void)close(fd);
		if (rc == 0)
			return port;
	}
	fail_msg("no port is free");
	return 0;
}

void ca_write_certificate(const char *cert_file, const char *key_file)
{
	EVP_PKEY *key = acme_key_new();
	X509 *made = X509_new();
	X509_NAME *name = X509_get_subject_name(made);
	struct buf pem = {0};
	assert_int_equal(X509_set_version(made, 2), 1);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(made), 7);
	(void)X509_gmtime_adj(X509_getm_notBefore(made), -3600);
	(void)X509_gmtime_adj(X509_getm_notAfter(made), 86400);
	(void)X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
	(void)X509_set_issuer_name(made, name);
	(void)X509_set_pubkey(made, key);
	static const char *const extensions[][2] = {{"subjectAltName", "DNS:localhost"},
	    {"basicConstraints", "critical,CA:TRUE"}};
	for (size_t i = 0; i < 2; i++) {
		X509_EXTENSION *one =
		    X509V3_EXT_conf(NULL, NULL, extensions[i][0], extensions[i][1]);
		assert_int_equal(X509_add_ext(made, one, -1), 1);
		X509_EXTENSION_free(one);
	}
	assert_true(X509_sign(made, key, EVP_sha256()) > 0);
	FILE *out = fopen(cert_file, "w");
	assert_non_null(out);
	assert_int_equal(PEM_write_X509(out, made), 1);
	(void)fclose(out);
	acme_key_write(&pem, key);
	out = fopen(key_file, "w");
	assert_non_null(out);
	(void)fputs(buf_text(&pem), out);
	(void)fclose(out);
	buf_free(&pem);
	X509_free(made);
	EVP_PKEY_free(key);
}

/* ---- Pebble ---- */

static pid_t pebble_run(const struct pebble *pebble, const char *const *words)
{
	pid_t parent = getpid(), pid = fork();
	assert_true(pid >= 0);
	if (pid != 0)
		return pid;
	char log[96];
	(void)snprintf(log, sizeof(log), "%s/pebble.log", pebble->dir);
	(void)!freopen(log, "a", stdout);
	(void)dup2(STDOUT_FILENO, STDERR_FILENO);
	(void)setenv("PEBBLE_VA_NOSLEEP", "1", 1);
	(void)setenv("PEBBLE_AUTHZREUSE", "0", 1);
	(void)setenv("PEBBLE_WFE_NONCEREJECT",
	    pebble->nonce_reject != NULL ? pebble->nonce_reject : "0", 1);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
		(void)execvp(words[0], (char *const *)(uintptr_t)words);
	_exit(127);
}

static void pebble_await(int port, pid_t pid)
{
	struct sockaddr_in at = ca_address(port);
	for (int waited = 0; waited < PATIENCE_MS * 1000; waited += STEP_US) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int rc = connect(fd, (struct sockaddr *)&at, sizeof(at));
		(void)close(fd);
		if (rc == 0)
			return;
		if (waitpid(pid, NULL, WNOHANG) != 0)
			break;
		(void)usleep(STEP_US);
	}
	fail_msg(
	    "pebble or pebble-challtestsrv does not start: apt-get install pebble");
}

static void pebble_write_config(const struct pebble *pebble, const char *path)
{
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	(void)fprintf(out,
	    "{\"pebble\": {\"listenAddress\": \"127.0.0.1:%d\","
	    "\"managementListenAddress\": \"127.0.0.1:%d\","
	    "\"certificate\": \"%s\", \"privateKey\": \"%s/ca.key\","
	    "\"httpPort\": %d, \"tlsPort\": %d, \"ocspResponderURL\": \"\","
	    "\"externalAccountBindingRequired\": %s,"
	    "\"externalAccountMACKeys\": {\"kid-1\": \"" PEBBLE_EAB_KEY "\"}}}",
	    pebble->port, ca_free_port(), pebble->ca_file, pebble->dir,
	    pebble->http_port, pebble->tls_port,
	    pebble->account_required ? "true" : "false");
	(void)fclose(out);
}

void pebble_again(struct pebble *pebble)
{
	char config[96], dns[32], dns_option[40], manage[32];
	int dns_port = ca_free_port(), manage_port = ca_free_port();
	(void)snprintf(config, sizeof(config), "%s/pebble.json", pebble->dir);
	(void)snprintf(dns, sizeof(dns), "127.0.0.1:%d", dns_port);
	(void)snprintf(dns_option, sizeof(dns_option), ":%d", dns_port);
	(void)snprintf(manage, sizeof(manage), ":%d", manage_port);
	pebble_write_config(pebble, config);
	const char *const names[] = {"pebble-challtestsrv", "-defaultIPv6", "",
	    "-defaultIPv4", "127.0.0.1", "-http01", "", "-https01", "", "-tlsalpn01",
	    "", "-dns01", dns_option, "-management", manage, NULL};
	const char *const words[] = {
	    "pebble", "-strict", "-config", config, "-dnsserver", dns, NULL};
	pebble->dns = pebble_run(pebble, names);
	pebble_await(manage_port, pebble->dns);
	pebble->pid = pebble_run(pebble, words);
	pebble_await(pebble->port, pebble->pid);
}

void pebble_start(struct pebble *pebble)
{
	char key[80];
	(void)snprintf(pebble->dir, sizeof(pebble->dir), "/tmp/offhook-test-XXXXXX");
	assert_non_null(mkdtemp(pebble->dir));
	(void)snprintf(
	    pebble->ca_file, sizeof(pebble->ca_file), "%s/ca.pem", pebble->dir);
	(void)snprintf(key, sizeof(key), "%s/ca.key", pebble->dir);
	ca_write_certificate(pebble->ca_file, key);
	pebble->port = ca_free_port();
	(void)snprintf(pebble->directory, sizeof(pebble->directory),
	    "https://localhost:%d/dir", pebble->port);
	pebble_again(pebble);
}

static void pebble_kill(pid_t *pid)
{
	if (*pid > 0) {
		(void)kill(*pid, SIGKILL);
		(void)waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

void pebble_stop(struct pebble *pebble)
{
	pebble_kill(&pebble->pid);
	pebble_kill(&pebble->dns);
}

void pebble_end(struct pebble *pebble)
{
	pebble_stop(pebble);
	pid_t pid = fork();
	if (pid == 0) {
		(void)execlp("rm", "rm", "-rf", pebble->dir, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
}

/* ---- answers of challenges ---- */

static bool responder_set(void *ctx, const struct order_challenge *challenge)
{
	struct responder *to = ctx;
	bool http = strcmp(challenge->type, ORDER_HTTP) == 0;
	(void)pthread_mutex_lock(&to->lock);
	bool takes = http ? !to->refuse_http : !to->refuse_alpn;
	if (takes) {
		to->set++;
		(void)snprintf(to->type, sizeof(to->type), "%s", challenge->type);
		(void)snprintf(to->name, sizeof(to->name), "%s", challenge->name);
		(void)snprintf(to->token, sizeof(to->token), "%s", challenge->token);
		(void)snprintf(to->key_authorization, sizeof(to->key_authorization),
		    "%s%s", challenge->key_authorization, to->wrong ? "x" : "");
	}
	(void)pthread_mutex_unlock(&to->lock);
	return takes;
}

static void responder_clear(void *ctx, const struct order_challenge *challenge)
{
	struct responder *to = ctx;
	(void)challenge;
	(void)pthread_mutex_lock(&to->lock);
	to->cleared++;
	to->type[0] = '\0';
	(void)pthread_mutex_unlock(&to->lock);
}

static void responder_patience(int fd)
{
	const struct timeval most = {.tv_sec = PATIENCE_MS / 1000};
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
}

static void *responder_http(void *ctx)
{
	struct responder *from = ctx;
	for (int fd; (fd = accept(from->http_fd, NULL, NULL)) >= 0; (void)close(fd)) {
		char request[4096] = "", path[512], answer[1024];
		size_t len = 0;
		ssize_t n;
		responder_patience(fd);
		while (
		    strstr(request, "\r\n\r\n") == NULL &&
		    (n = recv(fd, request + len, sizeof(request) - 1 - len, 0)) > 0) {
			len += (size_t)n;
			request[len] = '\0';
		}
		(void)pthread_mutex_lock(&from->lock);
		(void)snprintf(path, sizeof(path),
		    "GET /.well-known/acme-challenge/%s ", from->token);
		bool right = strcmp(from->type, ORDER_HTTP) == 0 &&
			     strncmp(request, path, strlen(path)) == 0;
		const char *body = right ? from->key_authorization : "";
		(void)snprintf(answer, sizeof(answer),
		    "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
		    right ? 200 : 404, strlen(body), body);
		(void)pthread_mutex_unlock(&from->lock);
		(void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	}
	return NULL;
}

static int responder_alpn(SSL *ssl, const unsigned char **out, unsigned char *len,
    const unsigned char *in, unsigned int in_len, void *ctx)
{
	static const unsigned char protocol[] = "\x0a"
						"acme-tls/1";
	(void)ssl;
	(void)ctx;
	if (in_len != sizeof(protocol) - 1 || memcmp(in, protocol, in_len) != 0)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = in + 1;
	*len = (unsigned char)(in_len - 1);
	return SSL_TLSEXT_ERR_OK;
}

static void responder_shake(struct responder *from, int fd)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = acme_key_new();
	char sni[ACME_SNI_SIZE];
	(void)pthread_mutex_lock(&from->lock);
	X509 *certificate =
	    certificate_of_challenge(from->name, from->key_authorization, key);
	char wanted[sizeof(from->name)];
	(void)snprintf(wanted, sizeof(wanted), "%s", acme_name_sni(sni, from->name));
	(void)pthread_mutex_unlock(&from->lock);
	(void)SSL_CTX_use_certificate(tls, certificate);
	(void)SSL_CTX_use_PrivateKey(tls, key);
	SSL_CTX_set_alpn_select_cb(tls, responder_alpn, NULL);
	SSL *ssl = SSL_new(tls);
	(void)SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1) {
		const char *got = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
		if (got == NULL || strcmp(got, wanted) != 0)
			print_error("server name %s, not %s\n",
			    got != NULL ? got : "none", wanted);
		(void)SSL_shutdown(ssl);
	}
	SSL_free(ssl);
	SSL_CTX_free(tls);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void *responder_tls(void *ctx)
{
	struct responder *from = ctx;
	for (int fd; (fd = accept(from->tls_fd, NULL, NULL)) >= 0; (void)close(fd)) {
		responder_patience(fd);
		(void)pthread_mutex_lock(&from->lock);
		bool wanted = strcmp(from->type, ORDER_ALPN) == 0;
		(void)pthread_mutex_unlock(&from->lock);
		if (wanted)
			responder_shake(from, fd);
	}
	return NULL;
}

void responder_start(struct responder *responder)
{
	*responder =
	    (struct responder){.calls = {responder, responder_set, responder_clear}};
	(void)signal(SIGPIPE, SIG_IGN);
	(void)pthread_mutex_init(&responder->lock, NULL);
	responder->http_fd = ca_listen(&responder->http_port);
	responder->tls_fd = ca_listen(&responder->tls_port);
	assert_int_equal(
	    pthread_create(&responder->http, NULL, responder_http, responder), 0);
	assert_int_equal(
	    pthread_create(&responder->tls, NULL, responder_tls, responder), 0);
}

void responder_stop(struct responder *responder)
{
	(void)shutdown(responder->http_fd, SHUT_RDWR);
	(void)shutdown(responder->tls_fd, SHUT_RDWR);
	(void)pthread_join(responder->http, NULL);
	(void)pthread_join(responder->tls, NULL);
	(void)close(responder->http_fd);
	(void)close(responder->tls_fd);
	(void)pthread_mutex_destroy(&responder->lock);
}

/* ---- a CA that answers what the test wants ---- */

static void fake_ca_note_order(struct fake_ca *ca, const char *request)
{
	const char *at = strstr(request, "\"payload\":\"");
	struct buf payload = {0};
	if (at == NULL)
		return;
	at += strlen("\"payload\":\"");
	if (base64url_read(&payload, (struct span){at, strcspn(at, "\"")}))
		buf_printf(&ca->orders, "%s\n", buf_text(&payload));
	buf_free(&payload);
}

static void fake_ca_answer(struct fake_ca *ca, const char *request, struct buf *out)
{
	char base[48], method[8] = "", path[256] = "";
	int status = 200;
	struct buf body = {0};
	const char *headers = "";
	(void)snprintf(base, sizeof(base), "https://localhost:%d", ca->port);
	(void)sscanf(request, "%7s %255s", method, path);
	if (strcmp(path, "/dir") == 0) {
		buf_printf(&body,
		    "{\"newNonce\":\"%s/nonce\",\"newAccount\":\"%s/account\","
		    "\"newOrder\":\"%s/order\",\"renewalInfo\":\"%s/renewal\",\"meta\":"
		    "{\"profiles\":{\"classic\":\"\",\"shortlived\":\"\"}}}",
		    base, base, base, base);
	} else if (strcmp(path, "/account") == 0) {
		status = 201;
		buf_puts(&body, "{\"status\":\"valid\"}");
	} else if (strcmp(path, "/order") == 0) {
		fake_ca_note_order(ca, request);
		status = ca->status;
		headers = ca->headers;
		buf_puts(&body, ca->body);
	} else if (strncmp(path, "/renewal/", 9) == 0 && ca->window != NULL) {
		(void)snprintf(ca->asked, sizeof(ca->asked), "%.250s", path + 9);
		headers = "Retry-After: 21600\r\n";
		buf_puts(&body, ca->window);
	} else if (strcmp(path, "/nonce") != 0) {
		status = 404;
	}
	buf_printf(out,
	    "HTTP/1.1 %d X\r\nReplay-Nonce: abc\r\nLocation: %s/1\r\n%s"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
	    status, base, headers, body.len, buf_text(&body));
	buf_free(&body);
}

static bool fake_ca_whole(const char *request)
{
	const char *end = strstr(request, "\r\n\r\n");
	const char *length = strcasestr(request, "Content-Length: ");
	return end != NULL &&
	       strlen(end + 4) >=
		   (length != NULL && length < end ? (size_t)atol(length + 16) : 0);
}

static void *fake_ca_run(void *ctx)
{
	struct fake_ca *ca = ctx;
	for (int fd; (fd = accept(ca->fd, NULL, NULL)) >= 0; (void)close(fd)) {
		struct buf request = {0}, answer = {0};
		char bytes[4096];
		int n = 0;
		responder_patience(fd);
		SSL *ssl = SSL_new(ca->tls);
		(void)SSL_set_fd(ssl, fd);
		if (SSL_accept(ssl) == 1)
			while (!fake_ca_whole(buf_text(&request)) &&
			       (n = SSL_read(ssl, bytes, sizeof(bytes))) > 0)
				buf_add(&request, bytes, (size_t)n);
		if (fake_ca_whole(buf_text(&request))) {
			(void)pthread_mutex_lock(&ca->lock);
			fake_ca_answer(ca, request.ptr, &answer);
			(void)pthread_mutex_unlock(&ca->lock);
			(void)SSL_write(ssl, answer.ptr, (int)answer.len);
			(void)SSL_shutdown(ssl);
		}
		SSL_free(ssl);
		buf_free(&request);
		buf_free(&answer);
	}
	return NULL;
}

void fake_ca_start(struct fake_ca *ca, const char *dir)
{
	if (ca->status == 0) {
		ca->status = 500;
		ca->headers = "";
		ca->body = "{}";
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(ca->ca_file, sizeof(ca->ca_file), "%s/fake.pem", dir);
	(void)snprintf(ca->key_file, sizeof(ca->key_file), "%s/fake.key", dir);
	ca_write_certificate(ca->ca_file, ca->key_file);
	(void)pthread_mutex_init(&ca->lock, NULL);
	ca->tls = SSL_CTX_new(TLS_server_method());
	assert_int_equal(
	    SSL_CTX_use_certificate_file(ca->tls, ca->ca_file, SSL_FILETYPE_PEM), 1);
	assert_int_equal(
	    SSL_CTX_use_PrivateKey_file(ca->tls, ca->key_file, SSL_FILETYPE_PEM), 1);
	ca->fd = ca_listen(&ca->port);
	(void)snprintf(
	    ca->directory, sizeof(ca->directory), "https://localhost:%d/dir", ca->port);
	assert_int_equal(pthread_create(&ca->thread, NULL, fake_ca_run, ca), 0);
}

void fake_ca_stop(struct fake_ca *ca)
{
	(void)shutdown(ca->fd, SHUT_RDWR);
	(void)pthread_join(ca->thread, NULL);
	(void)close(ca->fd);
	SSL_CTX_free(ca->tls);
	buf_free(&ca->orders);
	(void)pthread_mutex_destroy(&ca->lock);
}

bool fake_ca_was_asked(struct fake_ca *ca, const char *text)
{
	for (int waited = 0; waited < PATIENCE_MS * 1000; waited += STEP_US) {
		(void)pthread_mutex_lock(&ca->lock);
		bool found = strstr(buf_text(&ca->orders), text) != NULL;
		(void)pthread_mutex_unlock(&ca->lock);
		if (found)
			return true;
		(void)usleep(STEP_US);
	}
	return false;
}
