/* builtin_message -- what events do to the collection sms_messages: messageSid, from,
 * to, body, direction, numMedia, media, receivedAt, status, errorCode, errorMessage,
 * updatedAt; null where Twilio said nothing. A status only rises in rank. */
#ifndef OFFHOOK_BUILTIN_BUILTIN_MESSAGE_H
#define OFFHOOK_BUILTIN_BUILTIN_MESSAGE_H

struct webhook;

/* Each stages writes of the webhook's transaction; none when the event has no SID. */
void builtin_message_received(struct webhook *webhook);
void builtin_message_status(struct webhook *webhook);

#endif
