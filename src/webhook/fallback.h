/* fallback -- the reply that stands in for the handler's when it fails, is late, or
 * wrote a reply that Twilio rejected. The one place that chooses it. */
#ifndef OFFHOOK_WEBHOOK_FALLBACK_H
#define OFFHOOK_WEBHOOK_FALLBACK_H

struct webhook;

/* Fills webhook->reply: the template of the user's route when it has one; else, by the
 * event's kind, a text for messages, a text for calls (the route's own ones, or the
 * usual ones), 204 for statuses, 500 where nobody knows what the caller wants to read. */
void fallback_reply(struct webhook *webhook);

#endif
