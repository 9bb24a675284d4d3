import { qrCode } from './qr-code.ts';

/** ISO/IEC 18004:2015, section 6.3.8: light modules around the code. */
const QUIET = 4;

/** A QR code as lines of half blocks, light on a dark terminal: what is printed is the light of it. */
export function renderQr(text: string): readonly string[] {
  const modules = qrCode(new TextEncoder().encode(text));
  const isLight = (row: number, column: number): boolean => modules[row]?.[column] !== true;
  const lines: string[] = [];
  for (let row = -QUIET; row < modules.length + QUIET; row += 2) {
    let line = '';
    for (let column = -QUIET; column < modules.length + QUIET; column++) {
      const top = isLight(row, column);
      // The last line may have no lower half.
      const bottom = row + 1 < modules.length + QUIET && isLight(row + 1, column);
      line += top ? (bottom ? '█' : '▀') : bottom ? '▄' : ' ';
    }
    lines.push(line);
  }
  return lines;
}
