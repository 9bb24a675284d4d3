#!/bin/sh
# npm run pack [-- OPTION…]: the archive that is published, the same bytes from the same sources whoever makes it; options
# are npm pack's.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
trap 'exit 1' HUP INT TERM

# npm takes the modes as it finds them, which are whatever the umask left at the checkout.
cd "$root"
git ls-files -z | tar --null --files-from=- --mode='u=rwX,go=rX' -cf - | tar --same-permissions -xf - -C "$copy"
. "$root/scripts/node.sh"
sh "$root/scripts/setup.sh" knock
find_node
"$NODE" --disable-warning=ExperimentalWarning "$root/scripts/compile-package.ts" "$copy"
cd "$copy"
npm pack --ignore-scripts --pack-destination "$root" "$@"
