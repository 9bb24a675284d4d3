#!/bin/sh
# npm start [-- OPTION…]: `bussa up`, the daemon in the foreground, telling what it does, with the file given by -c, else
# with /etc/knockd.conf, else with a built-in example.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/launch.sh
. "$root/scripts/launch.sh"

DEFAULT_CONF=/etc/knockd.conf

main() {
  sh "$root/scripts/setup.sh" knockd
  find_node || exit
  read_options "$@"
  [ "$helps" = no ] || launch bussa up --help
  [ "$runs" = yes ] || launch knockd "$@"
  [ "$reads_file" = yes ] || require_capabilities
  if [ "$has_state" = no ] && { [ "$(id -u)" -ne 0 ] || uses_example; }; then
    choose_state
    set -- --state "$state" "$@"
  fi
  if uses_example; then
    write_example
    set -- -c /proc/self/fd/9 "$@"
  fi
  [ "$has_conf" = yes ] || uses_example || echo "Using $DEFAULT_CONF." >&2
  [ "$reads_file" = no ] || launch knockd -v "$@"
  launch bussa up "$@"
}

# What of the options of knockd and `bussa up` matters here. A value is not an option, whatever it looks like.
read_options() {
  has_conf=no has_state=no reads_file=no forks=no runs=yes helps=no
  while [ $# -gt 0 ]; do
    case $1 in
      --) break ;;
      --h*) helps=yes shift_value=0 ;;
      --ch* | --vers*) runs=no shift_value=0 ;;
      --confirm | --confirm=*) takes_value "$1" && shift_value=1 || shift_value=0 ;;
      --co*) has_conf=yes; takes_value "$1" && shift_value=1 || shift_value=0 ;;
      --st*) has_state=yes; takes_value "$1" && shift_value=1 || shift_value=0 ;;
      --r*) reads_file=yes; takes_value "$1" && shift_value=1 || shift_value=0 ;;
      --i* | --p* | --log*) takes_value "$1" && shift_value=1 || shift_value=0 ;;
      --da*) forks=yes shift_value=0 ;;
      --*) shift_value=0 ;;
      -?*) read_short_options "${1#-}" ;;
      *) shift_value=0 ;;
    esac
    shift
    [ "$shift_value" = 0 ] || [ $# = 0 ] || shift
  done
}

takes_value() { case $1 in *=*) return 1 ;; *) return 0 ;; esac; }

# A cluster such as `vDc FILE` or `i eth0`: the first option with a value takes the rest, or the next word.
read_short_options() {
  letters=$1 shift_value=0
  while [ -n "$letters" ]; do
    rest=${letters#?}
    case $letters in
      c*) has_conf=yes ;;
      d*) forks=yes ;;
      h*) helps=yes ;;
      V*) runs=no ;;
    esac
    case $letters in
      [cipg]*)
        [ -n "$rest" ] || shift_value=1
        return 0
        ;;
    esac
    letters=$rest
  done
}

uses_example() { [ "$has_conf" = no ] && [ ! -e "$DEFAULT_CONF" ]; }

# Nothing is left behind, however the daemon ends: the file is open as descriptor 9 and has no name any more.
# The daemon reads it by that number, again at each SIGHUP.
write_example() {
  if [ "$forks" = yes ]; then
    echo "bussa: there is no $DEFAULT_CONF, and the built-in example runs in the foreground only: give a file with -c, or leave out -d" >&2
    exit 78
  fi
  umask 077
  file=$(mktemp)
  "$NODE" --disable-warning=ExperimentalWarning "$root/scripts/example-door.ts" >"$file"
  exec 9<"$file"
  rm -f "$file"
  show_example
}

show_example() {
  echo "There is no $DEFAULT_CONF, so here is an example that opens nothing:"
  echo
  sed 's/^/    /' /proc/self/fd/9
  echo
  echo 'Knock at it from a second terminal:'
  echo
  echo "    $root/bin/knock 127.0.0.1$(sed -n 's/.*sequence *= *//p' /proc/self/fd/9 | sed 's/^/ /; s/,/ /g')"
  echo
  echo 'Ctrl-C stops it.'
  echo
}

# An ordinary user cannot write to /var/lib/bussa, and an example has no business there.
choose_state() {
  base=${XDG_STATE_HOME:-${HOME:+$HOME/.local/state}}
  state=${base:+$base/bussa}
  if [ -z "$state" ] || ! (umask 077 && mkdir -p "$state") 2>/dev/null || [ ! -w "$state" ]; then
    state=$(mktemp -d)
  fi
}

# Asks the process that Node.js becomes: capabilities may come from the file, the parent or a user namespace.
# CAP_NET_ADMIN is bit 12, CAP_NET_RAW bit 13 (linux/capability.h).
require_capabilities() {
  # shellcheck disable=SC2016 # the words are JavaScript's
  ! "$NODE" -e '
    const status = require("node:fs").readFileSync("/proc/self/status", "latin1");
    const effective = BigInt("0x" + /^CapEff:\s*(\S+)/m.exec(status)[1]);
    process.exit((effective >> 13n) & 1n ? 0 : 1)' || return 0
  real=$(readlink -f -- "$NODE")
  cat >&2 <<EOF
bussa: watching the network needs the capability CAP_NET_RAW, which $(id -un 2>/dev/null || id -u) does not have. Either

    sudo $root/scripts/start.sh

or give the capabilities to this clone's own Node.js, once (npm ci takes them away again):

    sudo setcap cap_net_raw,cap_net_admin+ep '$real'
    npm start

Everybody who may run that file then has them. The commands of the doors run as you, without them: those that
need root, such as iptables, need the first way.
EOF
  exit 77
}

main "$@"
