import { renderBase64 } from '../../../src/core/bytes/base64.ts';
import { concatBytes } from '../../../src/core/bytes/concat-bytes.ts';
import { sshString } from '../../../src/core/ssh/ssh-writer.ts';

/** The line of a public key that is `seed`'s own. Nobody has its secret. */
export function publicKeyLine(seed: number): string {
  // Never a point of low order.
  const point = new Uint8Array(32).fill(5);
  new DataView(point.buffer).setUint32(0, seed);
  return `ssh-ed25519 ${renderBase64(concatBytes(sshString('ssh-ed25519'), sshString(point)))}`;
}
