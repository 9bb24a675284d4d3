import { renderPaddedBase64 } from '../bytes/base64.ts';
import { concatBytes } from '../bytes/concat-bytes.ts';
import { sshString } from '../ssh/ssh-writer.ts';

/** The line for the other members' files: the name and the public key, `point`. */
export function memberLine(name: string, point: Uint8Array): string {
  const blob = concatBytes(sshString('ssh-ed25519'), sshString(point));
  return `${name} ssh-ed25519 ${renderPaddedBase64(blob)}`;
}
