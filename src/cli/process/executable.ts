// Where the self-contained executable begins, which holds Node.js, all programs and koffi's addon: it becomes the program
// whose name it is started under. Each is a script, beside what V8 had compiled of it when the executable was made on the same
// architecture.

import { basename } from 'node:path';
import { getAssetKeys, getRawAsset } from 'node:sea';
import { Script } from 'node:vm';
import { loadAddon } from '../../host/ffi/load-addon.ts';
import { reportUncaught } from '../../host/self/refusal-net.ts';

const DEFAULT = 'bussa';
const ADDON = './koffi.node';

type Program = (find: (name: string) => unknown) => void;

function load(name: string): Program {
  const cache = `${name}.cache`;
  const script = new Script(Buffer.from(getRawAsset(`${name}.js`)).toString('latin1'), {
    filename: `${name}.js`,
    // An executable that was made on another architecture has none.
    ...(assets.includes(cache) ? { cachedData: new Uint8Array(getRawAsset(cache)) } : {}),
  });
  return script.runInThisContext() as Program;
}

const assets = getAssetKeys();
const name = basename(process.argv0);
const start = (): void => {
  const program = load(assets.includes(`${name}.js`) ? name : DEFAULT);
  program((module) => {
    if (module === ADDON) return loadAddon('koffi', new Uint8Array(getRawAsset('koffi.node')));
    return process.getBuiltinModule(module);
  });
};

try {
  start();
} catch (error) {
  // The addon, for one, takes a descriptor and /proc.
  process.exit(reportUncaught(name, error, { failed: 1, permission: 77 }));
}
