/* setting_parse -- the parsers of settings. Each checks a text and stores its value in
 * config, or says in err what is wrong. */
#ifndef OFFHOOK_CONFIG_SETTING_PARSE_H
#define OFFHOOK_CONFIG_SETTING_PARSE_H

#include "config/setting.h"

setting_parser setting_parse_text, setting_parse_optional, setting_parse_address,
    setting_parse_listen, setting_parse_list, setting_parse_public_url,
    setting_parse_proxies, setting_parse_count, setting_parse_size,
    setting_parse_duration, setting_parse_log_level, setting_parse_log_format,
    setting_parse_sandbox, setting_parse_tokens, setting_parse_alert_url,
    setting_parse_alert_secret, setting_parse_account_tokens, setting_parse_secret,
    setting_parse_shared_keys;

#endif
