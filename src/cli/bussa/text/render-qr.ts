import { encode } from 'uqr';

/** ISO/IEC 18004:2015, section 6.3.8: light modules around the code. */
const QUIET = 4;

/** Fits a terminal of 80 columns: version 10 with error correction M. */
export const MAX_QR_BYTES = 213;

/** A QR code as lines of half blocks. Printed characters are its light modules, for a dark terminal. */
export function renderQr(text: string): readonly string[] {
  const { data: modules } = encode(text, { ecc: 'M', border: QUIET });
  const isLight = (row: number, column: number): boolean => modules[row]?.[column] === false;
  const lines: string[] = [];
  for (let row = 0; row < modules.length; row += 2) {
    let line = '';
    for (let column = 0; column < modules.length; column++) {
      const top = isLight(row, column);
      // The last line has no lower half.
      const bottom = isLight(row + 1, column);
      line += top ? (bottom ? '█' : '▀') : bottom ? '▄' : ' ';
    }
    lines.push(line);
  }
  return lines;
}
