# shellcheck shell=sh disable=SC2154 # $root is the caller's
# Sourced by bin/knockd, bin/bussa and bin/knock, with $root set to the clone's directory: `launch PROGRAM ARG…` becomes
# that program, installing first what is missing. Once all is there it starts nothing but Node.js.

# shellcheck source=scripts/node.sh
. "$root/scripts/node.sh"

launch() {
  program=$1
  shift
  if is_published; then
    find_node || old_node "$program"
  elif ! is_set_up || ! find_node; then
    sh "$root/scripts/setup.sh" "$program" >&2 || exit
    find_node || exit
  fi
  [ -c /dev/null ] || require_streams "$program"
  # A root daemon takes no orders to load code from its environment.
  unset NODE_OPTIONS NODE_PATH NODE_COMPILE_CACHE
  find_compile_cache
  "become_$program" "$@"
}

# npm has installed all of it.
is_published() { [ ! -f "$root/package-lock.json" ]; }

old_node() {
  echo "$1 needs Node.js 24 or later: install it, see https://nodejs.org" >&2
  exit 1
}

# Node.js puts /dev/null in the place of a standard stream that is closed, and aborts where it cannot.
require_streams() {
  if (: >&2) && (: <&0) 2>&- && (: >&1) 2>&-; then return 0; fi
  echo "$1: /dev/null is not there, and a standard stream is closed: mknod -m 666 /dev/null c 1 3" >&2
  exit 1
}

# The published package has JavaScript: Node.js takes no types out of what lies in node_modules.
find_source() {
  source=$root/src/cli/$1/$1.ts
  [ -f "$source" ] || source=$root/src/cli/$1/$1.js
}

become_knock() {
  find_source knock
  exec "$NODE" --disable-warning=ExperimentalWarning "$source" "$@"
}

become_knockd() { become_daemon knockd "$@"; }
become_bussa() { become_daemon bussa "$@"; }

# USR1 would have Node.js open a debugger. --disable-sigusr1 keeps that signal blocked for good; until Node.js
# has come that far, a shell that ignores it hands the ignoring on.
# The two limits halve the memory under allocation load and cost the hot loop nothing, with one that the daemon sets itself:
# with --optimize-for-size here, V8 would refuse what Node.js has compiled of its own modules.
become_daemon() {
  program=$1
  shift
  find_source "$program"
  trap '' USR1
  exec "$NODE" --disable-warning=ExperimentalWarning --disable-sigusr1 \
    --max-semi-space-size=1 --v8-pool-size=1 \
    "$source" "$@"
}

# Keeping the compiled sources more than halves the start (60 files: 140 → 59 ms, 88 → 54 MB). What is kept is
# run, so it lies only where nobody else can write: in a directory of our own, made with mode 700.
find_compile_cache() {
  for place in ${CACHE_DIRECTORY:+"$CACHE_DIRECTORY"} "$root/node_modules" \
    ${XDG_CACHE_HOME:+"$XDG_CACHE_HOME"} ${HOME:+"$HOME/.cache"}; do
    cache=$place/.bussa-compiled
    is_own_directory "$cache" || { [ -O "$place" ] && mkdir -m 700 "$cache" 2>/dev/null; } || continue
    export NODE_COMPILE_CACHE="$cache"
    return 0
  done
}

is_own_directory() { [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] && [ -w "$1" ]; }
