/* builtin_call -- what events do to the collection calls: callSid, from, to, status,
 * direction, duration, recordings, receivedAt, updatedAt; null where Twilio said
 * nothing. A recording is {recordingSid, url, duration, status, transcriptionSid,
 * transcriptionStatus, transcriptionText}. A call's status only rises in rank, and the
 * first terminal one stays. */
#ifndef OFFHOOK_BUILTIN_BUILTIN_CALL_H
#define OFFHOOK_BUILTIN_BUILTIN_CALL_H

struct webhook;

/* Each stages writes of the webhook's transaction; none when the event names no call. */
void builtin_call_status(struct webhook *webhook);
/* A recordingStatusCallback, or a Record action. */
void builtin_call_recording(struct webhook *webhook);
void builtin_call_transcription(struct webhook *webhook);

#endif
