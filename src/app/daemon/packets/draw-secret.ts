import { randomBytes } from '../../../host/self/random-bytes.ts';

/** Drawn at every start: for tables whose collisions nobody can aim at, and ports that nobody can know. */
export function drawSecret(): readonly [number, number] {
  const bytes = new DataView(randomBytes(8).buffer);
  return [bytes.getInt32(0), bytes.getInt32(4)];
}
