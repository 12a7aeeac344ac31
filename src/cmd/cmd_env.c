/* cmd_env -- the secrets and settings of the data directory, sealed. */
#include "cli/verb.h"
#include "cmd/verbs.h"

enum { LIST, SET, UNSET, ROTATE };

static const struct verb verbs[] = {
    [LIST] = {"list", cmd_env_list, 0, 0, NULL},
    [SET] = {"set", cmd_env_set, 1, 1, "NAME [--encrypted]"},
    [UNSET] = {"unset", cmd_env_unset, 1, 1, "NAME"},
    [ROTATE] = {"rotate-key", cmd_env_rotate, 0, 0, "[--recipient age1…]"},
    {0},
};

static const struct flag flags[] = {
    {"encrypted", .help = "set: as always; everything that `env` sets is",
	.verbs = 1 << SET},
    {"recipient", "age1…",
	.help = "rotate-key: seal to that public key as well, may be repeated",
	.repeats = true, .verbs = 1 << ROTATE},
    {0},
};

const struct command cmd_env = {
    .name = "env",
    .usage = "[list|set|unset|rotate-key] [options]",
    .summary = "keep secrets and settings, sealed",
    .about =
	"list            their names and ages, never their values (also without `list`)\n"
	"set NAME        stores a value, which is typed without being shown, or comes\n"
	"                on standard input; it never stands on the command line\n"
	"unset NAME      removes it\n"
	"rotate-key      makes another key, and seals all of them to it\n"
	"\n"
	"All of them are encrypted (--encrypted is the default), in one file of the data\n"
	"directory, secrets.age. A name that is the variable of a setting, such as\n"
	"TWILIO_AUTH_TOKEN or OFFHOOK_ALERT_SECRET, is that setting. A server that runs\n"
	"takes the new value at once.\n"
	"\n"
	"The key is the credential offhook.key of systemd, else the file of --key-file,\n"
	"else DIR/key, which the first `set` makes and which is for a first try only. To\n"
	"`set` and `unset` takes no key once there is the list of recipients. The format\n"
	"is that of age: `age -d -i KEY DIR/secrets.age` shows everything to whoever has\n"
	"the key. Recipients that DIR/secrets.recipients lists besides can open it, too.\n",
    .examples = "  offhook env set TWILIO_AUTH_TOKEN\n"
		"  offhook env set OPENAI_KEY --encrypted < key.txt\n"
		"  offhook env list\n"
		"  offhook env rotate-key --key-file /etc/offhook/key\n",
    .flags = flags,
    .settings = SETTINGS_KEY,
    .discreet = true,
    .json = true,
    .max_args = SIZE_MAX,
    .verbs = verbs,
};
