#!/bin/sh
# npm-install.sh FOLDER WHAT: from the folder's lock file, once. Fails, with a line that says
# what to install, when it cannot. Folders are those beside this file.
set -eu
cd "$(dirname "$0")/$1"
[ ! -d node_modules ] || exit 0
if ! command -v npm >/dev/null 2>&1; then
	echo "bench: $2 needs npm: apt-get install nodejs npm" >&2
	exit 1
fi
echo "bench: installing $2" >&2
npm ci --no-audit --no-fund >&2 || {
	rm -rf node_modules
	exit 1
}
