/* builtin_message -- what events do to the collection sms_messages: messageSid, from,
 * to, body, direction, numMedia, media, receivedAt, status, errorCode, errorMessage,
 * updatedAt. Absent is null. A status only ever rises in rank. */
#ifndef OFFHOOK_BUILTIN_BUILTIN_MESSAGE_H
#define OFFHOOK_BUILTIN_BUILTIN_MESSAGE_H

struct webhook;

/* Each stages writes of the webhook's transaction; an event without its SID stages
 * none. */
void builtin_message_received(struct webhook *webhook);
void builtin_message_status(struct webhook *webhook);

#endif
