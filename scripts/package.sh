#!/bin/sh
# npm run package [-- OPTION…]: a Debian package, an rpm and a tarball of the self-contained program, in dist (--help: the options).

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/node.sh
. "$root/scripts/node.sh"

sh "$root/scripts/setup.sh" make "$@"
find_node || exit
exec "$NODE" --disable-warning=ExperimentalWarning "$root/scripts/package.ts" "$@"
