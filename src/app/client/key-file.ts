import { existsSync, readFileSync } from 'node:fs';
import { parseAuthorizedKey } from '../../core/ssh/authorized-key.ts';
import { readPublicHalf } from '../../core/ssh/private-key-file.ts';
import { readPublicKey, type SshPublicKey } from '../../core/ssh/public-key.ts';

/** An SSH key in one file or in two. */
export type KeyFile = {
  readonly key: SshPublicKey;
  readonly path: string;
  /** The file with the private half. Absent if only an agent or a token has it. */
  readonly privateFile?: string;
};

/** BOUNDED: longer than a private key of 16,384 bits. */
const MAX_CHARACTERS = 65_536;

/**
 * Reads the public half from the file itself, from the `.pub` file beside it, or out of the private key. A string says
 * why not.
 */
export function readKeyFile(path: string): KeyFile | string {
  const isPublic = path.endsWith('.pub');
  const privateFile = isPublic ? path.slice(0, -'.pub'.length) : path;
  const texts = [...(isPublic ? [] : [`${path}.pub`]), path].map(readText);
  const text = texts.find((one) => one !== undefined);
  if (text === undefined) return `the key file ${path} cannot be read: name an existing one in IdentityFile`;
  const key = text.includes('PRIVATE KEY') ? readPrivate(path, text) : readPublic(path, text);
  if (typeof key === 'string') return key;
  const holdsKey = !isPublic && readText(path)?.includes('PRIVATE KEY') === true;
  const isBeside = isPublic && existsSync(privateFile);
  return { key, path, ...(holdsKey || isBeside ? { privateFile } : {}) };
}

function readPrivate(path: string, text: string): SshPublicKey | string {
  const blob = readPublicHalf(text);
  if (blob === undefined) {
    return `${path} does not contain its public key: write it with ssh-keygen -y -f ${path} > ${path}.pub`;
  }
  const reading = readPublicKey(blob);
  return reading.kind === 'key' ? reading.key : unusable(path, reading.reason);
}

function readPublic(path: string, text: string): SshPublicKey | string {
  const line = text.split('\n').find((one) => one.trim() !== '' && !one.startsWith('#')) ?? '';
  const reading = parseAuthorizedKey(line.trim());
  return reading.kind === 'key' ? reading.key.key : unusable(path, reading.reason);
}

const unusable = (path: string, reason: string): string =>
  `the key file ${path} cannot be used: ${reason}; name another one in IdentityFile`;

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').slice(0, MAX_CHARACTERS);
  } catch {
    return undefined;
  }
}
