#!/bin/bash
# The whole path on this machine, without a Twilio account: a server on the embedded
# store, signed traffic as Twilio sends it, what the phone shows, what is stored; then
# a program of a user's (examples/queue.c), and what becomes of its jobs.
#   demo.sh PROGRAM QUEUE
set -eu
offhook=$(realpath "$1")
queue=$(realpath "$2")
dir=$(mktemp -d)
server=
cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT

bold=''
plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m')
	plain=$(printf '\033[0m')
fi
step() {
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}
# Shows the command as one would type it beside the server; --url and --connect say
# where this demo's is.
run() {
	printf '$ offhook'
	for word in "$@"; do
		case $word in
		*[!A-Za-z0-9_=./:,-]*) printf " '%s'" "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	echo
	if [ "$1" = send ]; then set -- "$@" --url $url --connect "$address"; fi
	"$offhook" "$@" 2>/dev/null
}

# A token of the demo's own; the real one comes from the Twilio Console.
TWILIO_AUTH_TOKEN=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export TWILIO_AUTH_TOKEN
url=https://demo.example.com
cd "$dir"
printf 'data = %s/data\nlog-level = warn\n' "$dir" >offhook.conf

# Starts a server on the demo's data.
start() {
	: >"$dir/log" # not what the one before it said
	"$1" serve --listen 127.0.0.1:0 --public-url $url 2>"$dir/log" &
	server=$!
	for _ in $(seq 200); do
		grep -q 'listening on' "$dir/log" && break
		kill -0 "$server" 2>/dev/null || { cat "$dir/log"; exit 1; }
		sleep 0.05
	done
	address=$(sed -n 's|.*listening on http://\([^"]*\).*|\1|p' "$dir/log")
}
# Waits until no more than that many jobs are open.
settled() {
	for _ in $(seq 200); do
		open=$("$offhook" jobs list --queue pack --state waiting,blocked,running \
			--limit 0 --json 2>/dev/null | wc -l)
		[ "$open" -gt "$1" ] || return 0
		sleep 0.05
	done
	echo "the jobs do not end" >&2
	exit 1
}

start "$offhook"
echo "offhook serve is listening on $address, its data in $dir/data"

message=SM$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
outbound=SM$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
recording=RE$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
call=CA$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')

step "1. An SMS comes in. It is on disk before the reply leaves."
run send sms --sid "$message" --body "Hello, is <anybody> there?"

step "2. An MMS with two pictures."
run send mms --body "Look!" --media https://api.twilio.com/a.jpg,image/jpeg \
	--media https://api.twilio.com/b.png,image/png

step "3. Statuses of a message you sent; the network delivers a 'sent' late."
for status in queued delivered sent; do
	run send status --sid "$outbound" --status $status
done
echo "It never goes backwards:"
run query sms_messages "{\"messageSid\": \"$outbound\"}" --json

step "4. A call comes in, leaves a message, is transcribed and ends."
run send call --sid "$call"
run send record --sid "$call" --duration 7 --param RecordingSid="$recording"
run send transcription --call-sid "$call" --body "Please call me back" \
	--param RecordingSid="$recording"
run send call-status --sid "$call" --call-status completed --duration 31

step "5. Twilio repeats the first SMS: same reply, byte for byte; the handler does not run."
run send sms --sid "$message" --body "Hello, is <anybody> there?" --repeat 3

step "6. Somebody else tries."
run send sms --tamper=body || true
echo "The log says why:"
grep -m1 'refused' "$dir/log" || true

step "What is stored"
run query sms_messages
run query calls
run events

step "Stop (SIGTERM: requests in flight finish), and it is all still there."
kill "$server"
wait "$server"
server=
run events --limit 3

step "7. Work after the reply: a program of your own (examples/queue.c), on the same data."
start "$queue"
run send sms --from +15550000001 --body tea
run send sms --from +15550000002 --body coffee
run send sms --from +15550000003 --body unicorn
settled 0
echo "The carrier answered at the third try; coffee was snoozed for a second; and:"
run jobs list --queue pack
dead=$("$offhook" jobs list --state dead --json | sed -n 's/.*"id": *\([0-9]*\).*/\1/p')
run jobs show "$dead"

step "8. Mend what was wrong, and redrive the dead letter."
run send sms --from +15550000003 --body "add unicorn"
run jobs retry --state dead
settled 0
run query parcels
run jobs stats
kill "$server"
wait "$server"
server=
