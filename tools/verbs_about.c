/* What each element of TwiML does, in the fewest words: for offhook_twiml.h and
 * oh_twiml(3). Twilio's own pages say the rest. */
#include <string.h>

#include "verbs.h"

static const struct {
	const char *key, *about;
} lines[] = {
    {"AiSession", "an AI session of a connector"},
    {"Application", "calls a TwiML application"},
    {"ApplicationSid", "the application to call: AP…"},
    {"Autopilot", "an Autopilot assistant"},
    {"Body", "the text of a message that also has media"},
    {"Client", "rings a client of the Voice SDK"},
    {"Conference", "joins the conference of that name"},
    {"Config", "one setting, by name and value"},
    {"Connect", "hands the call over, to a stream or an agent"},
    {"Conversation", "a conversation of the Conversations service"},
    {"ConversationRelay", "speech to text and back over your WebSocket"},
    {"ConversationRelaySession", "a relay session of a connector"},
    {"Dial", "calls a number and connects the two"},
    {"Echo", "plays back what the caller says"},
    {"Enqueue", "puts the caller into the queue of that name"},
    {"Gather", "collects digits or speech"},
    {"Hangup", "ends the call"},
    {"Header", "one SIP header, by name and value"},
    {"Headers", "SIP headers to send along"},
    {"Identity", "the client to ring"},
    {"Language", "one language of a relay"},
    {"Leave", "leaves the queue; the call goes on after Enqueue"},
    {"Media", "the URL of a picture or file to send"},
    {"Message", "answers with a message"},
    {"Number", "calls a telephone number"},
    {"Parameter", "one parameter, by name and value"},
    {"Pause", "waits, in silence"},
    {"Pay", "takes a payment"},
    {"Play", "plays an audio file, or digits"},
    {"Prompt", "what Pay says at one of its steps"},
    {"Queue", "connects to the first caller in that queue"},
    {"Record", "records what the caller says"},
    {"Recording", "records the call from now on"},
    {"Redirect", "goes on with the TwiML at that URL"},
    {"Refer", "transfers a SIP call"},
    {"Refer.Sip", "whom the call is transferred to: sip:…"},
    {"Reject", "turns the call away, unbilled"},
    {"Response", "the root, which every reply already has"},
    {"Room", "joins the video room of that name"},
    {"Say", "speaks the text"},
    {"Sim", "calls a SIM: DE…"},
    {"Sip", "calls a SIP address"},
    {"Siprec", "streams the call to a SIPREC recorder"},
    {"Sms", "sends a message during a call"},
    {"Start", "begins something that goes on beside the call"},
    {"Stop", "ends what Start began"},
    {"Stream", "streams the call's audio to your WebSocket"},
    {"Task", "attributes of a TaskRouter task, as JSON"},
    {"Transcription", "transcribes the call as it goes"},
    {"Uri", "the SIP address to call"},
    {"VirtualAgent", "an agent of Google Dialogflow"},
    {"WhatsApp", "calls a number on WhatsApp"},
    {"break", "a pause in speech"},
    {"emphasis", "stresses words"},
    {"lang", "words in another language"},
    {"p", "a paragraph"},
    {"phoneme", "words as they sound"},
    {"prosody", "changes volume, rate and pitch"},
    {"s", "a sentence"},
    {"say-as", "how to read digits, dates and the like"},
    {"sub", "speaks an alias instead"},
    {"w", "a word, by its part of speech"},
};

const char *verb_about(const char *key)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (strcmp(lines[i].key, key) == 0)
			return lines[i].about;
	return NULL;
}
