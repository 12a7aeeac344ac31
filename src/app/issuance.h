/* issuance -- the certificate that the server gets from a CA by itself (acme/acme.h): its
 * challenges are answered by the server's own listeners, and what comes of it is served. */
#ifndef OFFHOOK_APP_ISSUANCE_H
#define OFFHOOK_APP_ISSUANCE_H

#include "app/certificates.h"
#include "app/redirect.h"

struct issuance;

/* Whether what the settings say of it makes sense; -1 with err. */
int issuance_check(const struct config *config, struct error *err);
/* Begins; *out is NULL where the settings name nothing to get. The servers are open.
 * redirect NULL: challenges by plain HTTP cannot be answered. -1 with err. */
int issuance_open(struct issuance **out, struct service *service,
    struct certificates *certificates, struct redirect *redirect, struct error *err);
/* Tries at once what failed. NULL is fine. */
void issuance_wake(struct issuance *issuance);
/* Before the servers are closed; an order that runs is given up. NULL is fine. */
void issuance_close(struct issuance *issuance);
/* "https://hooks.example.com", when it is for a domain name; NULL: none. For people: the
 * first name of several. Free it. */
char *issuance_url(const struct config *config);

#endif
