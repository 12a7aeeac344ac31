#!/bin/sh
# A PostgreSQL cluster to throw away, reached through a socket in its own directory:
#   postgres.sh start DIR    makes it, starts it, prints its connection string
#   postgres.sh stop DIR     stops it; DIR may be removed then
#   postgres.sh bin          prints where its programs are; exit 3 when there are none
# Durable as PostgreSQL is by default (fsync, synchronous_commit, full_page_writes).
set -eu

bin() {
	for dir in /usr/lib/postgresql/15/bin /usr/lib/postgresql/*/bin; do
		[ -x "$dir/initdb" ] && [ -x "$dir/pgbench" ] && echo "$dir" && return
	done
	echo 'bench: PostgreSQL is not installed (Debian: postgresql)' >&2
	exit 3
}

# It refuses to run as root.
as_owner() {
	if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

start() {
	mkdir -p "$dir"
	[ "$(id -u)" -ne 0 ] || chown postgres "$dir"
	as_owner "$bin/initdb" --pgdata "$dir/data" --username bench --auth trust \
		--encoding UTF8 --locale C >/dev/null
	cat >>"$dir/data/postgresql.conf" <<-END
		listen_addresses = ''
		unix_socket_directories = '$dir'
		fsync = on
		synchronous_commit = on
		full_page_writes = on
		max_connections = 200
		shared_buffers = 1GB
		max_wal_size = 8GB
		checkpoint_timeout = 30min
		jit = off
	END
	as_owner "$bin/pg_ctl" --pgdata "$dir/data" --log "$dir/log" --wait start >&2
	echo "postgresql:///postgres?host=$dir&user=bench"
}

command=${1:-}
dir=${2:-}
bin=$(bin)
case $command in
bin) echo "$bin" ;;
start) start ;;
stop) as_owner "$bin/pg_ctl" --pgdata "$dir/data" --mode immediate --wait stop >&2 ;;
*)
	echo 'usage: postgres.sh start|stop DIR, or bin' >&2
	exit 2
	;;
esac
