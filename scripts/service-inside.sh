#!/bin/bash
# What check-service.sh runs as root in a container that systemd has booted, with the packages
# beside this file.
set -eu
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive
export TWILIO_AUTH_TOKEN=5d41402abc4b2a76b9719d911017c592
url=https://hooks.example.com
conf=/etc/offhook/offhook.conf

step() {
	doing=$*
	echo "- $doing"
}
failed() {
	echo "failed: $doing"
	cat sent || true
	systemctl status --no-pager offhook.socket offhook.service || true
	journalctl --no-pager -n 40 -o cat -u offhook.service || true
}
# In a container of containers systemd may be unable to make the service's sandbox.
systemd-run --quiet --wait -p PrivateUsers=yes -p ProtectSystem=strict -p PrivateDevices=yes \
	-p PrivateIPC=yes -p ProtectKernelTunables=yes true || {
	echo 'skipped: services have no sandbox here'
	exit 77
}
trap '[ $? -eq 0 ] || failed' EXIT

# until_true COMMAND…: waits for what is to come; the container's end is its limit.
until_true() {
	until "$@" >/dev/null 2>&1; do sleep 0.1; done
}
# As the user who serves, as a person does it.
own() {
	runuser -u offhook -- "$@" --config $conf
}
logged() {
	journalctl -o cat -u offhook.service | grep -q -- "$1"
}
send() {
	offhook send "$@" --url $url --connect 127.0.0.1:8080 >sent 2>&1
}
events() {
	own offhook events --json --limit 0 | grep -c . || true
}
# dropin LINE…: of the [Service] section, in place of what the last one said
dropin() {
	mkdir -p /etc/systemd/system/offhook.service.d
	printf '%s\n' '[Service]' "$@" >/etc/systemd/system/offhook.service.d/check.conf
	systemctl daemon-reload
}
came() {
	[ "$(events)" -ge "$1" ]
}
worked() {
	own offhook jobs list --state 'done' --json | grep -q pack
}
property() {
	systemctl show --property="$1" --value offhook.service
}

restarted() {
	[ "$(property MainPID)" != "$pid" ] && [ "$(property ActiveState)" = active ]
}

step 'apt installs it; nothing serves yet'
apt-get install -y -qq ./offhook_*.deb ./liboffhook0_*.deb >/dev/null 2>&1
test "$(stat -c '%U %a' /var/lib/offhook)" = 'offhook 700'
dpkg-query -W -f '${Conffiles}' offhook | grep -q $conf
test "$(systemctl is-enabled offhook.service || true)" = disabled
test "$(systemctl is-active offhook.service || true)" = inactive
systemd-analyze verify --man=no offhook.service offhook.socket

step 'without a token it does not serve, and says why'
if systemctl start offhook 2>/dev/null; then exit 1; fi
until_true logged 'Auth Token it cannot tell Twilio from anybody else'
systemctl stop offhook.socket offhook.service

step 'a token is sealed as the service user; its key becomes a credential'
printf %s "$TWILIO_AUTH_TOKEN" | offhook-service env set TWILIO_AUTH_TOKEN >sent 2>&1
install -d -m 0700 /etc/credstore
mv /var/lib/offhook/key /etc/credstore/offhook.key
chown root:root /etc/credstore/offhook.key
sed -i "s|^#public-url = .*|public-url = $url|" $conf
systemctl enable --quiet --now offhook
test "$(property ActiveState)" = active
test "$(property StatusText)" = 'listening on http://0.0.0.0:8080'
send sms --body Hello
if send sms --body Hello --tamper=signature; then exit 1; fi
if logged 'lies beside what it opens'; then exit 1; fi

printf secret | own offhook env set SHOP_KEY >sent 2>&1 # by the public half
offhook-service env list >sent 2>&1
grep -q '^SHOP_KEY' sent

step 'the key may lie encrypted, and admin may have a socket'
install -d -m 0700 /etc/credstore.encrypted
systemd-creds --with-key=host encrypt --name=offhook.key /etc/credstore/offhook.key \
	/etc/credstore.encrypted/offhook.key 2>sent
rm /etc/credstore/offhook.key
dropin LoadCredential= LoadCredentialEncrypted=offhook.key
printf '[Socket]\n%s\n' ListenStream=127.0.0.1:9090 FileDescriptorName=admin \
	Service=offhook.service >/etc/systemd/system/offhook-admin.socket
systemctl daemon-reload
systemctl stop offhook.service 2>/dev/null
systemctl start offhook-admin.socket
systemctl restart offhook
send sms --body 'Is it open?'
offhook-service env list >sent 2>&1
grep -q '^SHOP_KEY' sent
offhook-service config check >sent 2>&1
exec 5<>/dev/tcp/127.0.0.1/9090
printf 'GET /readyz HTTP/1.0\r\nHost: h\r\n\r\n' >&5
grep -q ready <&5
exec 5<&-

step 'reload takes new settings, and tells what is wrong with them'
echo 'log-level = debug' >>$conf
systemctl reload offhook
until_true logged 'settings reloaded'
echo 'log-levle = debug' >>$conf
if systemctl reload offhook 2>/dev/null; then exit 1; fi
test "$(property ActiveState)" = active
sed -i '/^log-le/d' $conf
systemctl reload offhook

step 'restarts under traffic refuse nobody, lose nothing and double nothing'
before=$(events)
send sms --fresh --repeat 20000 --parallel 8 &
load=$!
for round in 1 2 3; do
	until_true came $((before + round * 1000))
	systemctl restart offhook
done
kill -0 $load # there is traffic still
wait $load
test "$(events)" -eq $((before + 20000))

step 'what connects while it is stopped starts it'
systemctl stop offhook.service 2>/dev/null
test "$(property ActiveState)" = inactive
send sms --body 'Anybody there?'
test "$(property ActiveState)" = active

step 'killed, it comes back with what it had'
before=$(events)
kill -KILL "$(property MainPID)"
send sms --body 'Still there?'
test "$(events)" -eq $((before + 1))

step 'one that is stuck is ended by the watchdog'
dropin LoadCredential= LoadCredentialEncrypted=offhook.key WatchdogSec=2s
systemctl restart offhook
pid=$(property MainPID)
kill -STOP "$pid"
until_true restarted
send sms --body 'And now?'

step 'an app with workers runs in the sandbox'
install -D -m 0755 queue /opt/shop/queue
dropin LoadCredential= LoadCredentialEncrypted=offhook.key \
	ExecStart= "ExecStart=/opt/shop/queue serve --config $conf"
systemctl restart offhook
send sms --body umbrella
until_true worked
before=$(events)
send sms --fresh --repeat 3000 --parallel 8 &
load=$!
until_true came $((before + 500))
systemctl restart offhook # its handlers end with their webhooks
wait $load
test "$(events)" -eq $((before + 3000))
test "$(own offhook events --json --limit 0 --state failed | grep -c . || true)" -eq 0

step 'https on port 443, without a capability'
echo '127.0.0.1 hooks.example.com' >>/etc/hosts
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
	-subj /CN=hooks.example.com -addext subjectAltName=DNS:hooks.example.com \
	-keyout /etc/offhook/key.pem -out /etc/offhook/certificate.pem 2>sent
chown offhook /etc/offhook/key.pem
cp /etc/offhook/certificate.pem /usr/local/share/ca-certificates/hooks.crt
update-ca-certificates >sent 2>&1
printf '%s\n' 'tls-cert = /etc/offhook/certificate.pem' 'tls-key = /etc/offhook/key.pem' >>$conf
mkdir /etc/systemd/system/offhook.socket.d
printf '[Socket]\nListenStream=\nListenStream=443\n' >/etc/systemd/system/offhook.socket.d/check.conf
printf '[Socket]\n%s\n' ListenStream=80 FileDescriptorName=redirect \
	Service=offhook.service >/etc/systemd/system/offhook-redirect.socket
systemctl daemon-reload
systemctl stop offhook.socket offhook.service 2>/dev/null
systemctl start offhook-redirect.socket
systemctl start offhook
test "$(property StatusText)" = 'listening on https://0.0.0.0:443'
offhook send sms --body 'Is it sealed?' --url $url >sent 2>&1
exec 5<>/dev/tcp/127.0.0.1/80
printf 'GET /twilio/sms HTTP/1.0\r\nHost: hooks.example.com\r\n\r\n' >&5
grep -q "^Location: $url/twilio/sms" <&5
exec 5<&-

step 'setup has it get a certificate from a CA; what it seals can be read nowhere'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
	-subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout ca.key -out /etc/offhook/ca.pem 2>sent
cat >pebble.json <<'END'
{"pebble": {"listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000",
 "certificate": "/etc/offhook/ca.pem", "privateKey": "ca.key", "httpPort": 80, "tlsPort": 443,
 "ocspResponderURL": "", "externalAccountBindingRequired": false}}
END
./pebble-challtestsrv -defaultIPv6 '' -http01 '' -https01 '' -tlsalpn01 '' -dns01 127.0.0.1:8053 \
	-management 127.0.0.1:8055 >/dev/null 2>&1 &
PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=50 ./pebble -config pebble.json \
	-dnsserver 127.0.0.1:8053 >pebble.log 2>&1 &
sed -i '/^tls-/d' $conf
rm -r /etc/systemd/system/offhook.socket.d # setup makes it
TWILIO_ACCOUNT_SID=AC00000000000000000000000000000001 offhook setup --config $conf --force \
	--no-questions --offline --acme hooks.example.com --acme-email owner@example.com \
	--acme-directory https://localhost:14000/dir --acme-ca-file /etc/offhook/ca.pem >sent 2>&1
grep -q 'systemctl restart offhook.socket offhook' sent
systemctl daemon-reload
systemctl restart offhook.socket offhook
test "$(property StatusText)" = 'listening on https://0.0.0.0:443'
# root_of_ca: it makes one at each start
root_of_ca() {
	printf 'GET /roots/0 HTTP/1.0\r\n\r\n' |
		openssl s_client -quiet -connect 127.0.0.1:15000 2>/dev/null |
		sed -n '/BEGIN/,/END/p' >/usr/local/share/ca-certificates/pebble.crt
	test -s /usr/local/share/ca-certificates/pebble.crt
}
until_true root_of_ca
update-ca-certificates >sent 2>&1
until_true offhook send sms --body 'Whose certificate is it?' --url $url
serial() {
	openssl s_client -connect 127.0.0.1:443 -servername hooks.example.com </dev/null 2>/dev/null |
		openssl x509 -noout -serial
}
processes=$(for status in /proc/[0-9]*/status; do
	if grep -q "^Uid:.*$(id -u offhook)" "$status" 2>/dev/null; then
		dirname "$status"
	fi
done)
test "$(echo "$processes" | wc -l)" -ge 2 # the server, and those of its handlers
encoded=$(printf %s "$TWILIO_AUTH_TOKEN" | base64 -w 0)
for secret in "$TWILIO_AUTH_TOKEN" "$encoded"; do
	if grep -rqaF -e "$secret" /var/lib/offhook /etc/offhook /etc/credstore* /var/log /run/log; then
		exit 1
	fi
	for process in $processes; do
		if cat "$process/environ" "$process/cmdline" | grep -qaF -e "$secret"; then
			exit 1
		fi
	done
	if logged "$secret"; then exit 1; fi
done

step 'the certificate is renewed when its time has come'
first=$(serial)
install -m 0755 libfaketime.so.1 /usr/local/lib/libfaketime.so.1
dropin LoadCredential= LoadCredentialEncrypted=offhook.key \
	'Environment=LD_PRELOAD=/usr/local/lib/libfaketime.so.1 FAKETIME=+1300d' \
	'Environment=FAKETIME_DONT_FAKE_MONOTONIC=1'
systemctl restart offhook
renewed() {
	second=$(serial)
	[ -n "$second" ] && [ "$second" != "$first" ]
}
until_true renewed
offhook send sms --body 'And the new one?' --url $url >sent 2>&1
dropin LoadCredential= LoadCredentialEncrypted=offhook.key
systemctl restart offhook

step 'an upgrade restarts it, a removal stops it, a purge keeps what was stored'
pid=$(property MainPID)
apt-get install -y -qq --reinstall ./offhook_*.deb >/dev/null 2>&1
until_true restarted
offhook send sms --body 'The new one?' --url $url >sent 2>&1
apt-get purge -y -qq offhook >/dev/null
test ! -e /usr/bin/offhook
test ! -e $conf
test -s /var/lib/offhook/offhook.db
if systemctl is-active --quiet offhook.socket || systemctl is-active --quiet offhook.service; then
	exit 1
fi
