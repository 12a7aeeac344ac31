/* load -- as many webhooks as a server will take: N keep-alive connections, each
 * sending the next signed, distinct message when its reply is there (a closed loop).
 * Prints one JSON object. One thread, so that it can be given a core of its own.
 *
 * With --churn each message has a connection of its own, as through a proxy that keeps
 * none: N at a time, and the time of a reply counts from before connect().
 *
 * With --idle it sends one message on every connection, prints "idle" and holds them
 * open until its standard input ends: to see what open connections cost. */
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "drive.h"
#include "util/mem.h"
#include "util/text.h"

static const char usage[] =
    "usage: load --connect ADDR:PORT --url SIGNED-URL [options], the Auth Token in\n"
    "TWILIO_AUTH_TOKEN\n"
    "  --kind sms|status   what is posted (sms)\n"
    "  --connections N     (64)\n"
    "  --churn             a new connection for every message, N at a time\n"
    "  --seconds N         measured time (5)\n"
    "  --warmup N          milliseconds before it (500)\n"
    "  --requests N        end after so many replies, at the latest after the time\n"
    "  --idle              one message a connection, then hold them open\n";

static long number(const char *text, const char *option)
{
	int64_t value;
	if (!text_int(span_of(text), 0, 1000000, &value)) {
		fprintf(stderr, "load: --%s %s: not a whole number\n", option, text);
		exit(2);
	}
	return (long)value;
}

static void read_options(struct drive_config *config, bool *idle, int argc, char **argv)
{
	static const struct option options[] = {
	    {"connect", required_argument, NULL, 'a'},
	    {"url", required_argument, NULL, 'u'},
	    {"kind", required_argument, NULL, 'k'},
	    {"connections", required_argument, NULL, 'c'},
	    {"seconds", required_argument, NULL, 's'},
	    {"warmup", required_argument, NULL, 'w'},
	    {"requests", required_argument, NULL, 'r'},
	    {"churn", no_argument, NULL, 'n'},
	    {"idle", no_argument, NULL, 'i'},
	    {NULL, 0, NULL, 0},
	};
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'a')
			config->connect = optarg;
		else if (option == 'u')
			config->url = optarg;
		else if (option == 'k')
			config->kind = strcmp(optarg, "status") == 0 ? MESSAGE_STATUS
								     : MESSAGE_SMS;
		else if (option == 'c')
			config->connections = (size_t)number(optarg, "connections");
		else if (option == 's')
			config->measure_us = number(optarg, "seconds") * 1000000;
		else if (option == 'w')
			config->warmup_us = number(optarg, "warmup") * 1000;
		else if (option == 'r')
			config->requests = (size_t)number(optarg, "requests");
		else if (option == 'n')
			config->churn = true;
		else if (option == 'i')
			*idle = true;
		else
			exit((fputs(usage, stderr), 2));
	}
	if (config->connect == NULL || config->url == NULL || config->token == NULL ||
	    config->connections == 0)
		exit((fputs(usage, stderr), 2));
}

static void print_result(const struct drive_config *config, struct drive_result *result)
{
	double seconds = (double)result->elapsed_us / 1e6;
	samples_sort(&result->latencies);
	printf(
	    "{\"connections\":%zu,\"seconds\":%.3f,\"answered\":%zu,\"requests\":%zu,"
	    "\"rps\":%.1f,",
	    config->connections, seconds, result->answered, result->latencies.count,
	    seconds > 0 ? (double)result->latencies.count / seconds : 0.0);
	printf("\"p50_us\":%u,\"p90_us\":%u,\"p99_us\":%u,\"max_us\":%u,\"errors\":{",
	    samples_share(&result->latencies, 0.5),
	    samples_share(&result->latencies, 0.9),
	    samples_share(&result->latencies, 0.99),
	    samples_share(&result->latencies, 1.0));
	for (int code = 100; code < EXCHANGE_STATUS_END; code++)
		if (result->refused[code] > 0)
			printf("\"%d\":%zu,", code, result->refused[code]);
	printf(
	    "\"malformed\":%zu,\"closed\":%zu}}\n", result->malformed, result->closed);
}

static bool went_wrong(const struct drive_result *result)
{
	size_t wrong = result->malformed + result->closed;
	for (int code = 0; code < EXCHANGE_STATUS_END; code++)
		wrong += result->refused[code];
	return wrong > 0;
}

int main(int argc, char **argv)
{
	struct drive_config config = {.kind = MESSAGE_SMS,
	    .connections = 64,
	    .measure_us = 5000000,
	    .warmup_us = 500000,
	    .token = getenv("TWILIO_AUTH_TOKEN")};
	struct drive_result result = {0};
	struct rlimit files;
	bool idle = false;
	read_options(&config, &idle, argc, argv);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	struct drive *drive = drive_new(&config);
	if (drive == NULL)
		return 1;
	if (idle) {
		drive_once(drive, &result);
		puts("idle");
		fflush(stdout);
		while (read(STDIN_FILENO, (char[64]){0}, 64) > 0)
			continue;
	} else {
		drive_run(drive, &result);
		print_result(&config, &result);
	}
	drive_free(drive);
	samples_clear(&result.latencies);
	return result.answered > 0 && !went_wrong(&result) ? 0 : 1;
}
