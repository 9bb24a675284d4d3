import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from './engine-error.ts';

/** A member's files for the connection to its engine. Each may be missing. */
export type EngineFiles = {
  /** Authorities that may sign the engine's certificate. Default: those of the system. */
  readonly ca?: Buffer;
  readonly certificate?: Buffer;
  readonly key?: Buffer;
  readonly password?: string;
  readonly sentinelPassword?: string;
};

const NAMES = {
  ca: 'ca.pem',
  certificate: 'client.pem',
  key: 'client.key',
  password: 'password',
  sentinelPassword: 'sentinel-password',
} as const;

/** BOUNDED: bytes of one file. */
const MAX_BYTES = 1 << 20;

/**
 * Reads the files each time, because they may have been replaced. `directory` may be the directory of systemd's
 * credentials (systemd.exec(5)), where `LoadCredential=engine:DIRECTORY` puts `engine_` before each name. Throws an
 * `EngineError`.
 */
export function readEngineFiles(directory: string): EngineFiles {
  const text = (name: keyof typeof NAMES): string | undefined => {
    const word = readFile(directory, NAMES[name])?.toString('utf8').trim();
    return word === '' ? undefined : word;
  };
  const [certificate, key] = [readFile(directory, NAMES.certificate), readFile(directory, NAMES.key)];
  if ((certificate === undefined) !== (key === undefined)) {
    const [there, missing] =
      certificate === undefined ? [NAMES.key, NAMES.certificate] : [NAMES.certificate, NAMES.key];
    throw new EngineError('ENOENT', `${directory} has ${there}, but not ${missing}: both are needed`);
  }
  const ca = readFile(directory, NAMES.ca);
  const [password, sentinelPassword] = [text('password'), text('sentinelPassword')];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
    ...(password === undefined ? {} : { password }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
  };
}

function readFile(directory: string, name: string): Buffer | undefined {
  for (const file of [join(directory, name), join(directory, `engine_${name}`)]) {
    try {
      const bytes = readFileSync(file);
      if (bytes.length > MAX_BYTES)
        throw new EngineError('EFBIG', `${file} has more than ${MAX_BYTES} bytes`);
      return bytes;
    } catch (error) {
      if (error instanceof EngineError) throw error;
      const { code = '', message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      throw new EngineError(code, `${file} cannot be read: ${message}`);
    }
  }
  return undefined;
}
