#!/bin/sh
# npm run release: all that a release consists of, for all architectures, in dist/release. docs/supply-chain.md
# says what two runs on the same commit have alike.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/node.sh
. "$root/scripts/node.sh"
cd "$root"

if [ -n "$(git status --porcelain)" ]; then
  echo 'bussa: a release is made of a commit, and the clone has changes: git status' >&2
  exit 1
fi
sh scripts/setup.sh make amd64 arm64
find_node || exit
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
exec "$NODE" --disable-warning=ExperimentalWarning scripts/release.ts "$@"
