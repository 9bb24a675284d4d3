import { randomBytes } from 'node:crypto';

/** Drawn at every start: for tables whose collisions nobody can aim at, and ports that nobody can know. */
export function drawSecret(): readonly [number, number] {
  const bytes = randomBytes(8);
  return [bytes.readInt32LE(0), bytes.readInt32LE(4)];
}
