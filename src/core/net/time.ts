/** A duration in milliseconds; fractions are allowed. */
export type Millis = number & { readonly brand: 'Millis' };

/**
 * A moment in milliseconds of some clock. The caller knows which one (packet time, wall clock, boot clock): instants of
 * different clocks are never compared.
 */
export type Instant = number & { readonly brand: 'Instant' };

export const millis = (value: number): Millis => value as Millis;
export const seconds = (value: number): Millis => (value * 1000) as Millis;
export const instant = (value: number): Instant => value as Instant;

export const after = (start: Instant, length: Millis): Instant => (start + length) as Instant;
export const since = (start: Instant, now: Instant): Millis => (now - start) as Millis;
