#!/bin/sh
# npm run vectors -- FILE…: judges files of vectors (signed knocks, codes, SPA), and names those that are not as expected.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/node.sh
. "$root/scripts/node.sh"

sh "$root/scripts/setup.sh" knock
find_node || exit
exec "$NODE" --disable-warning=ExperimentalWarning "$root/scripts/vectors.ts" "$@"
