#include "app/app_check.h"

#include "alert/alert_settings.h"
#include "app/certificates.h"
#include "app/issuance.h"
#include "builtin/templates.h"
#include "control/control.h"
#include "engines/engines.h"
#include "http/server.h"
#include "store/store.h"

static void check_tokens(struct config *config)
{
	if (config_can_verify(config))
		return;
	config_complain(config,
	    "without your account's Auth Token it cannot tell Twilio from anybody else.\n"
	    "Copy the token from the Twilio Console, then run\n"
	    "  offhook env set TWILIO_AUTH_TOKEN\n"
	    "which keeps it encrypted; or\n"
	    "  export TWILIO_AUTH_TOKEN=your_auth_token\n"
	    "or put this line into offhook.conf, and run chmod 600 offhook.conf:\n"
	    "  auth-token = your_auth_token\n"
	    "There is no option for it, because others could read it with ps. Just to "
	    "try:\n"
	    "  export TWILIO_AUTH_TOKEN=$(openssl rand -hex 16)\n"
	    "lets `offhook send`, with the same variable, play Twilio");
}

static void check_templates(struct config *config)
{
	struct error err;
	if (config->templates == NULL)
		return;
	if (templates_check_dir(config->templates, &err) != 0) {
		config_complain(config, "%s", err.text);
		return;
	}
	for (int i = 0; i < TEMPLATE_NAMES; i++)
		if (templates_check(config->templates, (enum template_name)i, &err) !=
		    0)
			config_complain(config, "templates: %s", err.text);
}

static void check_places(struct config *config)
{
	struct error err;
	if (control_check(config->data, &err) != 0)
		config_complain(config, "data: %s", err.text);
	else if (control_running(config->data))
		return;
	if (store_check(engines_for(config->data), config->data, &err) != 0)
		config_complain(config, "data: %s", err.text);
	if (server_check(config->listen, config->admin, &err) != 0)
		config_complain(config, "listen: %s", err.text);
	if (config->admin != NULL && server_check(config->admin, NULL, &err) != 0)
		config_complain(config, "admin: %s", err.text);
	if (config->redirect_listen != NULL &&
	    server_check(config->redirect_listen, config->listen, &err) != 0)
		config_complain(config, "redirect-listen: %s", err.text);
}

static void check_together(struct config *config)
{
	if (config->handlers > config->max_handlers)
		config_warn(config, "handlers is more than max-handlers");
	if (config->workers > config->max_workers)
		config_warn(config, "workers is more than max-workers");
	if (config->alert_secret != NULL && config->alert_url == NULL)
		config_warn(config, "alert-secret signs nothing: alert-url is not set");
	if (config->public_url != NULL && proxies_count(config->proxies) > 0)
		config_warn(config, "trusted-proxy is not used: public-url is set");
}

void app_check(struct config *config)
{
	struct error err;
	check_tokens(config);
	if (alert_settings_check(config, &err) != 0)
		config_complain(config, "%s", err.text);
	check_templates(config);
	if (certificates_check(config, &err) != 0)
		config_complain(config, "tls-cert: %s", err.text);
	if (issuance_check(config, &err) != 0)
		config_complain(config, "%s", err.text);
	check_places(config);
	check_together(config);
}
