#!/usr/bin/env -S NODE_OPTIONS=--no-deprecation NODE_DISABLE_COMPILE_CACHE=1 node
// No option of the environment loads code into what may be root's; see cmd-shim of npm for how Windows reads this line.
require('./start.cjs')('knock');
