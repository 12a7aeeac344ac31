#!/bin/bash
# contrib/proxies with the real programs: Offhook behind nginx, Caddy and HAProxy takes signed
# webhooks, whether it knows its address by public-url or by trusted-proxy, and the headers of
# a stranger change nothing. Says which of them is not installed; exits with 77 if none is.
#   check-proxies.sh [PROGRAM]
set -eu
cd "$(dirname "$0")/.."
offhook=$(realpath "${1:-build/dev/offhook}")
samples=$PWD/contrib/proxies
work=$(mktemp -d)
chmod 755 "$work" # nginx leaves root
pids=
cleanup() {
	# shellcheck disable=SC2086 # a list
	[ -z "$pids" ] || kill $pids 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
command -v curl >/dev/null 2>&1 || {
	echo 'skipped: there is no curl'
	exit 77
}
TWILIO_AUTH_TOKEN=5d41402abc4b2a76b9719d911017c592
export TWILIO_AUTH_TOKEN
cd "$work"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
	-subj /CN=hooks.example.com -addext subjectAltName=DNS:hooks.example.com \
	-keyout key.pem -out certificate.pem 2>/dev/null
cat certificate.pem key.pem >both.pem

# A port that nobody listens on now.
free_port() {
	for port in $(shuf -i 20000-30000 -n 20); do
		(: </dev/tcp/127.0.0.1/"$port") 2>/dev/null || break
	done
	echo "$port"
}
# until_listening PORT PID
until_listening() {
	until (: </dev/tcp/127.0.0.1/"$1") 2>/dev/null; do
		kill -0 "$2" 2>/dev/null || return 1
		sleep 0.05
	done
}
# serve DIRECTORY OPTION…: $app becomes its port
serve() {
	"$offhook" serve --listen 127.0.0.1:0 --data "$@" 2>"$1.log" &
	pids="$pids $!"
	until grep -q 'listening on' "$1.log"; do
		kill -0 $! || { cat "$1.log"; exit 1; }
		sleep 0.05
	done
	app=$(sed -n 's|.*listening on http://127.0.0.1:\([0-9]*\).*|\1|p' "$1.log" | head -1)
}
# start NAME: its sample, with the ports ($front, $app) and the certificate of this test
start() {
	case $1 in
	nginx)
		{
			echo "daemon off; pid $work/pid; error_log stderr; events {} http {"
			echo "access_log off;"
			sed -e "s|listen 443|listen 127.0.0.1:$front|; /listen \[/d" \
				-e "s|/etc/letsencrypt.*fullchain|$work/certificate|" \
				-e "s|/etc/letsencrypt.*privkey|$work/key|" \
				-e "s|127.0.0.1:8080|127.0.0.1:$app|" "$samples/nginx.conf"
			echo "}"
		} >conf
		nginx -p "$work" -c "$work/conf" 2>proxy.log &
		;;
	caddy)
		{
			printf '{\n\tadmin off\n\tauto_https disable_redirects\n}\n'
			sed -e "s|^hooks.example.com {|hooks.example.com:$front {\n\ttls $work/certificate.pem $work/key.pem|" \
				-e "s|127.0.0.1:8080|127.0.0.1:$app|" "$samples/Caddyfile"
		} >conf
		HOME=$work caddy run --adapter caddyfile --config conf 2>proxy.log &
		;;
	haproxy)
		sed -e "s|bind :443|bind 127.0.0.1:$front|; s|/etc/haproxy.*pem|$work/both.pem|" \
			-e "s|127.0.0.1:8080|127.0.0.1:$app|" "$samples/haproxy.cfg" >conf
		haproxy -db -f conf 2>proxy.log &
		;;
	esac
	proxy=$!
	pids="$pids $proxy"
	until_listening "$front" "$proxy" || { cat proxy.log; exit 1; }
}
# post STATUS SID HEADER…: one signed webhook, whose query has what a proxy might write anew
post() {
	url="https://hooks.example.com:$front/twilio/sms?a=%7Eb~&c=%2f%2F+"
	signature=$(printf '%s' "${url}Bodyx From+1 MessageSid$2" | sed 's/ //g' |
		openssl dgst -sha1 -hmac "$token" -binary | base64)
	got=$(curl -s -o /dev/null -w '%{http_code}' --cacert certificate.pem --noproxy '*' \
		--resolve "hooks.example.com:$front:127.0.0.1" -H "X-Twilio-Signature: $signature" \
		"${@:3}" --data-urlencode Body=x --data-urlencode From=+1 \
		--data-urlencode "MessageSid=$2" "$url")
	[ "$got" = "$1" ] || {
		echo "$name: $got, not $1"
		cat proxy.log ./*.log
		exit 1
	}
}

tried=0
for name in nginx caddy haproxy; do
	command -v $name >/dev/null 2>&1 || {
		echo "$name: skipped: it is not installed"
		continue
	}
	tried=$((tried + 1))
	token=$TWILIO_AUTH_TOKEN
	front=$(free_port)
	serve "behind-$name" --trusted-proxy 127.0.0.1
	start $name
	post 200 "SM${name}1"
	post 200 "SM${name}2" -H 'X-Forwarded-Host: evil.example.com' -H 'X-Forwarded-Proto: http'
	token=another
	post 403 "SM${name}3"
	token=$TWILIO_AUTH_TOKEN
	kill "$proxy"
	wait "$proxy" 2>/dev/null || true
	serve "known-$name" --public-url "https://hooks.example.com:$front"
	start $name
	post 200 "SM${name}4"
	echo "$name: ok"
done
[ $tried -gt 0 ] || exit 77
