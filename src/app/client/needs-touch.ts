import type { Identity } from './identity.ts';

/** A hardware token needs a touch. */
export const needsTouch = ({ key }: Identity): boolean => key.type.startsWith('sk-');
