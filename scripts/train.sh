#!/bin/sh
# What the profile of packages is made of: messages and status callbacks to the built-in app
# and messages to a user's app in its processes, on 16, on one and on ever new connections.
# Counts requests, not seconds, so that each part has its weight on every machine.
#   train.sh BUILD-DIRECTORY (with the benchmark's programs)
set -eu
build=$1
work=$(mktemp -d)
server=
TWILIO_AUTH_TOKEN=$(printf '%032d' 0)
export TWILIO_AUTH_TOKEN
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

# serve PROGRAM: on a free port, named in $address
serve() {
	"$1" serve --listen 127.0.0.1:0 --data "$work/$2" --public-url https://example.com \
		--threads 1 2>"$work/log" >/dev/null &
	server=$!
	address=
	for _ in $(seq 100); do
		address=$(sed -n 's/.*listening on http:\/\/\([0-9.:]*\).*/\1/p' "$work/log" |
			head -1)
		[ -z "$address" ] || return 0
		kill -0 "$server"
		sleep 0.1
	done
	return 1
}

stop() {
	kill "$server"
	wait "$server"
	server=
}

# post N PATH OPTION…: N requests
post() {
	requests=$1
	url=https://example.com$2
	shift 2
	"$build/bench/load" --connect "$address" --url "$url" --requests "$requests" \
		--seconds 60 --warmup 0 "$@"
}

serve "$build/offhook" builtin
post 12000 /twilio/sms --connections 16
post 500 /twilio/sms --connections 1
post 2000 /twilio/sms --connections 16 --churn
post 3000 /twilio/status --connections 16 --kind status
stop
serve "$build/bench/app" app
post 4000 /twilio/sms --connections 16
stop
find "$build" -name 'webhook.c.gcda' | grep -q .
