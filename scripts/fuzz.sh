#!/bin/sh
# npm run fuzz [-- OPTION…]: inputs by chance for everything that reads what others write; --help tells more.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/node.sh
. "$root/scripts/node.sh"

sh "$root/scripts/setup.sh" knock
find_node || exit
exec "$NODE" --disable-warning=ExperimentalWarning "$root/test/fuzz/fuzz.ts" "$@"
