// Preloaded (--import) into a client that is to run as on another system, which FOREIGN_PLATFORM names: native code and the
// programs of Linux end the process that asks for them; /proc, /sys and the like do not exist.

import childProcess from 'node:child_process';
import fs from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';

const EXIT = 99;

function forbid(what) {
  fs.writeSync(2, `no-linux: ${what}\n${new Error('asked for here').stack}\n`);
  process.reallyExit(EXIT);
}

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'koffi' || specifier === 'node:ffi' || specifier === 'node:sqlite') {
      if (process.env.FOREIGN_PLATFORM !== 'linux') forbid(`the module ${specifier}`);
      throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' });
    }
    return next(specifier, context);
  },
});

// Node.js 24 has no FFI of its own, and other systems have another libc.
const { getBuiltinModule } = process;
process.getBuiltinModule = (name) => {
  if (name !== 'node:ffi') return getBuiltinModule(name);
  if (process.env.FOREIGN_PLATFORM !== 'linux') forbid(`the module ${name}`);
  return undefined;
};
process.dlopen = () => forbid('dlopen');
process.execve = () => forbid('execve');

const LINUX = /^\/(?:proc|sys|run|dev\/shm)(?:\/|$)/;
for (const name of [
  'readFileSync',
  'openSync',
  'readdirSync',
  'statSync',
  'lstatSync',
  'readlinkSync',
  'existsSync',
  'accessSync',
]) {
  const real = fs[name];
  fs[name] = (path, ...rest) => {
    if (typeof path === 'string' && LINUX.test(path)) {
      if (name === 'existsSync') return false;
      throw Object.assign(new Error(`ENOENT: no such file or directory, ${path}`), {
        code: 'ENOENT',
        syscall: 'open',
        path,
      });
    }
    return real(path, ...rest);
  };
}

const PROGRAMS = new Set((process.env.ALLOWED_PROGRAMS ?? '').split(','));
for (const name of ['spawn', 'spawnSync', 'execFile', 'execFileSync', 'exec', 'execSync']) {
  const real = childProcess[name];
  childProcess[name] = (file, ...rest) => {
    if (!PROGRAMS.has(file)) forbid(`${name} ${file}`);
    return real(file, ...rest);
  };
}
syncBuiltinESMExports();

Object.defineProperty(process, 'platform', { value: process.env.FOREIGN_PLATFORM });
