import { randomBytes } from '../../../host/self/random-bytes.ts';

/** Drawn at every start, so that nobody can aim at hash collisions or predict the decoy ports. */
export function drawSecret(): readonly [number, number] {
  const bytes = new DataView(randomBytes(8).buffer);
  return [bytes.getInt32(0), bytes.getInt32(4)];
}
