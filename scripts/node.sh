# shellcheck shell=sh disable=SC2154,SC3013 # $root is the caller's; every shell knows -nt, POSIX since 2024
# Sourced, with $root set to the clone's directory. Defines:
#   find_node   sets NODE to a Node.js that runs the sources as they are (24 or later), or fails
#   is_set_up   whether what `npm ci` installs is there and belongs to this package-lock.json; starts no program
#   stamp       a copy of the package-lock.json that node_modules was installed from

NODE=
stamp=$root/node_modules/.bussa-lock

find_node() {
  # The file itself and no link to it, which could not be given capabilities.
  for NODE in "$root"/node_modules/node-linux-*/bin/node; do
    [ ! -x "$NODE" ] || return 0
  done
  # Without development packages there is only the machine's own, which Debian 12 has in version 18.
  NODE=$(command -v node) || return 1
  "$NODE" -e 'process.exit(parseInt(process.versions.node, 10) >= 24 ? 0 : 1)'
}

is_set_up() {
  # A published package has no lock file, and its dependencies beside it or in it.
  if [ ! -f "$root/package-lock.json" ]; then
    [ -d "$root/node_modules/koffi" ] || [ -d "$root/../koffi" ]
    return
  fi
  [ -d "$root/node_modules/koffi" ] || return 1
  [ -f "$stamp" ] && [ ! "$root/package-lock.json" -nt "$stamp" ]
}
