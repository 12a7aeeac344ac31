/* order_process -- what a CA is asked for happens in a process of its own (`offhook
 * acme-order`), which a CA that hangs or lies can cost no more than its deadline. Between
 * it and the server pass JSON objects, one a line.
 *
 * It reads, as the first line of its standard input, what to do:
 *   {"task": "order" | "window", "dir": DIR, "names": "a.example.com,203.0.113.7",
 *    "directories": [URL, …], "types": ["tls-alpn-01", "http-01"], "email", "caFile",
 *    "eab": {"id", "key"}, "profile", "replaces": {"directory", "id"},
 *    "connectMs", "requestMs", "deadlineMs"}
 * and writes
 *   {"challenge": {"type", "name", "token", "keyAuthorization"}}, and waits for a line:
 *       {"ready": true}, or {"ready": false} where such challenges cannot be answered;
 *   {"clear": {the same}}: it is needed no longer;
 * and at last one of
 *   {"certificate": {"directory", "type"}}: it is kept in DIR (acme/acme_state.h);
 *   {"window": {"start", "end", "retryAfterMs", "explanation"}}: the CA's suggestion, in
 *       milliseconds since 1970; {"window": null}: it makes none;
 *   {"error": {"text", "problem", "retryAfterMs"}}.
 */
#ifndef OFFHOOK_ACME_ORDER_PROCESS_H
#define OFFHOOK_ACME_ORDER_PROCESS_H

/* Runs in that process, over its standard input and output; gives its exit code. */
int order_process_run(void);

#endif
