import type { Family } from '../net/address.ts';

/** A row of the table; -1: none. */
export type Slot = number;

export const NO_SLOT: Slot = -1;

/** Words per row. The first knock's time takes two; one is unused, so that times lie on even words. */
export const ROW = 12;
export const SOURCE = 0;
/** The door in the upper half, then the family bit, then the stage. */
export const META = 4;
/** The next row of the bucket plus one, or of the free rows. */
export const CHAIN = 5;
export const OLDER = 6;
export const NEWER = 7;
export const START = 8;
/** The previous row of the bucket plus one; for the first row, the inverted bucket number. */
export const BACK = 10;

const STAGE_BITS = 15;
export const STAGE_MASK = (1 << STAGE_BITS) - 1;
export const FAMILY_6 = 1 << STAGE_BITS;
export const DOOR_SHIFT = 16;

export const familyBit = (family: Family): number => (family === 6 ? FAMILY_6 : 0);
