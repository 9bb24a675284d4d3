import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Scratch } from './child-module.ts';

/** Pixels of a module. */
const SCALE = 4;

/** The lines as a picture in PGM: each character is two modules, light where it is painted. */
function picture(lines: readonly string[]): Buffer {
  const halves = lines.flatMap((line) => [
    [...line].map((character) => character === '█' || character === '▀'),
    [...line].map((character) => character === '█' || character === '▄'),
  ]);
  const rows = halves.flatMap((row) => {
    const pixels = Buffer.from(row.flatMap((isLight) => new Array<number>(SCALE).fill(isLight ? 255 : 0)));
    return new Array<Buffer>(SCALE).fill(pixels);
  });
  return Buffer.concat([Buffer.from(`P5 ${rows[0]?.length} ${rows.length} 255\n`), ...rows]);
}

/** What a phone reads there: by zbar, an independent reader. */
export function readQr(lines: readonly string[]): string {
  using scratch = new Scratch();
  const file = scratch.file('code.pgm');
  writeFileSync(file, picture(lines));
  return execFileSync('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', file], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
