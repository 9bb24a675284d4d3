#!/bin/sh
# npm run build: dist/bussa, the executable that holds Node.js and all programs, and dist/knockd and dist/knock, links to it.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/node.sh
. "$root/scripts/node.sh"

sh "$root/scripts/setup.sh" build
find_node || exit
exec "$NODE" --disable-warning=ExperimentalWarning "$root/scripts/build.ts" "$@"
