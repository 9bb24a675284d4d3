import { spawn } from 'node:child_process';
import { SshReader } from '../../core/ssh/ssh-reader.ts';

/** OpenSSH's PROTOCOL.sshsig: the magic bytes of an armoured signature, and its version. */
const MAGIC = 'SSHSIG';
const VERSION = 1;

const MAX_OUTPUT = 64 * 1024;

export class KeygenError extends Error {
  override readonly name = 'KeygenError';
  /** All its output. */
  readonly words: string;

  constructor(message: string, words = message) {
    super(message);
    this.words = words;
  }
}

/**
 * Has `ssh-keygen -Y sign` sign the message with a private key file, or with the token that such a file names. It does not
 * ask the SSH agent, which has been asked before, or which the user does not want; one that does not answer would keep it
 * waiting without end. It asks for a passphrase or PIN at the terminal if needed. Returns the signature's blob. Throws a
 * `KeygenError` with the last line of ssh-keygen.
 */
export async function signWithKeygen(
  keyFile: string,
  namespace: string,
  message: Uint8Array,
): Promise<Uint8Array> {
  const args = ['-q', '-Y', 'sign', '-n', namespace, '-f', keyFile];
  const { SSH_AUTH_SOCK: _, ...env } = process.env;
  const child = spawn('ssh-keygen', args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let output = '';
  let errors = '';
  child.on('error', (error) => reject(new KeygenError(`ssh-keygen cannot be run: ${error.message}`)));
  child.stdout.on('data', (some: Buffer) => {
    if (output.length < MAX_OUTPUT) output += some.toString('latin1');
  });
  child.stderr.on('data', (some: Buffer) => {
    if (errors.length < MAX_OUTPUT) errors += some.toString();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(message);
  child.on('close', (code) => {
    if (code === 0) resolve(output);
    else reject(new KeygenError(lastLine(errors) ?? `ssh-keygen ended with status ${code}`, errors));
  });
  const blob = readArmour(await promise);
  if (blob === undefined) throw new KeygenError('ssh-keygen wrote no signature');
  return blob;
}

/** Decodes the armour to the signature's blob. */
function readArmour(text: string): Uint8Array | undefined {
  const lines = /-----BEGIN SSH SIGNATURE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END SSH SIGNATURE-----/.exec(
    text,
  );
  if (lines?.[1] === undefined) return undefined;
  const bytes = Buffer.from(lines[1], 'base64');
  if (bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) return undefined;
  const reader = new SshReader(bytes.subarray(MAGIC.length));
  if (reader.uint32() !== VERSION) return undefined;
  // The public key, the namespace, a reserved field, and the hash's name.
  for (let field = 0; field < 4; field++) if (reader.string() === undefined) return undefined;
  return reader.string();
}

function lastLine(text: string): string | undefined {
  return text.trim().split('\n').at(-1) || undefined;
}
