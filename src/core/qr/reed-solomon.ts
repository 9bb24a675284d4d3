/** ISO/IEC 18004:2015, section 7.5.2: the field of 256 elements modulo x^8 + x^4 + x^3 + x^2 + 1. */
const MODULUS = 0x11d;

function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >>> 7) * MODULUS);
    product ^= ((b >>> bit) & 1) * a;
  }
  return product;
}

/** The product of (x - 2^i) for i below `degree`, the highest power left out, highest first. */
function generator(degree: number): Uint8Array {
  const coefficients = new Uint8Array(degree);
  coefficients[degree - 1] = 1;
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++) {
      const next = j + 1 < degree ? (coefficients[j + 1] as number) : 0;
      coefficients[j] = multiply(coefficients[j] as number, root) ^ next;
    }
    root = multiply(root, 2);
  }
  return coefficients;
}

/** The remainder of the data by the generator of this many correction codewords. */
export function errorCorrection(data: Uint8Array, length: number): Uint8Array {
  const divisor = generator(length);
  const remainder = new Uint8Array(length);
  for (const byte of data) {
    const factor = byte ^ (remainder[0] as number);
    remainder.copyWithin(0, 1);
    remainder[length - 1] = 0;
    for (let i = 0; i < length; i++) {
      remainder[i] = (remainder[i] as number) ^ multiply(divisor[i] as number, factor);
    }
  }
  return remainder;
}
