// Where the programs of the npm package begin, on every system. Old versions of Node.js must be able to read this file: no
// newer syntax than theirs, and no module before the version is known.

/** `engines` in package.json. */
const OLDEST = 24;

module.exports = (program) => {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) < OLDEST)
    fail(
      `${program} needs Node.js ${OLDEST} or later, and this is ${node}: install a newer one, https://nodejs.org`,
    );
  else if (process.platform === 'linux') becomeLauncher(program);
  else run(program);
};

/** The launcher starts the daemon with less memory, and keeps compiled code. It takes the place of this process. */
function becomeLauncher(program) {
  const { join } = require('node:path');
  // execve(2) is new in Node.js, which says so: the reader has no use for that.
  process.removeAllListeners('warning');
  // The first line of the programs sets it for this process alone.
  delete process.env.NODE_DISABLE_COMPILE_CACHE;
  process.execve('/bin/sh', ['sh', join(__dirname, program), ...process.argv.slice(2)], process.env);
}

function run(program) {
  const { existsSync } = require('node:fs');
  const { join } = require('node:path');
  const { pathToFileURL } = require('node:url');
  const base = join(__dirname, '..', 'src', 'cli', program, program);
  const source = existsSync(`${base}.ts`) ? `${base}.ts` : `${base}.js`;
  void import(pathToFileURL(source).href);
}

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}
