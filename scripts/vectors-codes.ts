import { portsOfCode } from '../src/core/code/code-ports.ts';
import { codeOf, parseBase32, stepAt } from '../src/core/code/totp.ts';
import { instant, seconds } from '../src/core/net/time.ts';
import { nodeCiphers as ciphers } from '../src/host/crypto/node-ciphers.ts';
import { type Fields, isFields, judgeEach, listOf, number, text, type Verdict } from './vector-fields.ts';

/** The file's vectors of codes. `undefined`: it has none. */
export function judgeCodes(file: unknown): readonly Verdict[] | undefined {
  const vectors = listOf(file, 'vectors');
  const isOurs = vectors.some((vector) => isFields(vector) && 'secretBase32' in vector);
  return isOurs ? judgeEach('vector', vectors, judgeVector) : undefined;
}

function judgeVector(vector: Fields): Verdict {
  const secretText = text(vector, 'secretBase32');
  const time = number(vector, 'unixSeconds');
  const digits = number(vector, 'digits');
  const name = `${secretText.slice(0, 8)}… at ${time}, ${digits} digits`;
  const secret = parseBase32(secretText);
  if (secret === undefined) return { name, found: ['its secret is not base32'] };
  const step = stepAt(instant(time * 1000), seconds(number(vector, 'period')));
  if (!Array.isArray(vector.prefixes)) return { name, found: ['prefixes is no list'] };
  const code = codeOf(ciphers, secret, step, digits);
  const ports = portsOfCode(code, vector.prefixes as readonly number[]);
  const found: string[] = [];
  if (!/^sha-?1$/i.test(String(vector.algorithm)))
    found.push(`codes are made with SHA-1 alone, not with ${String(vector.algorithm)}`);
  if (step !== number(vector, 'step')) found.push(`its step is ${step}`);
  if (code !== text(vector, 'code')) found.push(`its code is ${code}`);
  if (`${ports}` !== `${vector.ports as readonly number[]}`) found.push(`its ports are ${ports}`);
  return { name, found };
}
