// Entry point of the self-contained executable, which holds Node.js, all programs and koffi's addon: it runs the
// program under whose name it was started. Each program is a script, with V8's compiled code beside it if the
// executable was built on the same architecture.

import { basename } from 'node:path';
import { getAssetKeys, getRawAsset } from 'node:sea';
import { Script } from 'node:vm';
import { loadAddon } from '../../host/ffi/load-addon.ts';
import { reportUncaught } from '../../host/self/report-uncaught.ts';
import { isClientCommand } from './client-command.ts';

const DEFAULT = 'bussa';
/** Loading a tenth of the code, it starts 10 ms earlier. */
const CLIENT = 'bussa-client';
const ADDON = './koffi.node';

type Program = (find: (name: string) => unknown) => void;

function load(name: string): Program {
  const cache = `${name}.cache`;
  const script = new Script(Buffer.from(getRawAsset(`${name}.js`)).toString('latin1'), {
    filename: `${name}.js`,
    // An executable built on another architecture has no compiled code.
    ...(assets.includes(cache) ? { cachedData: new Uint8Array(getRawAsset(cache)) } : {}),
  });
  return script.runInThisContext() as Program;
}

function programOf(name: string, args: readonly string[]): string {
  if (name !== CLIENT && name !== DEFAULT && assets.includes(`${name}.js`)) return name;
  return isClientCommand(args) ? CLIENT : DEFAULT;
}

const assets = getAssetKeys();
const name = basename(process.argv0);
const start = (): void => {
  const program = load(programOf(name, process.argv.slice(2)));
  program((module) => {
    if (module === ADDON) return loadAddon('koffi', new Uint8Array(getRawAsset('koffi.node')));
    return process.getBuiltinModule(module);
  });
};

try {
  start();
} catch (error) {
  // Unpacking the addon, for example, needs a descriptor and /proc.
  process.exit(reportUncaught(name, error, { failed: 1, permission: 77 }));
}
