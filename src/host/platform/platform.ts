/** The operating system, by Node.js's names. */
export type Platform = NodeJS.Platform;

/** This machine's. Nothing else reads it: code that depends on the platform takes it as an argument. */
export const PLATFORM: Platform = process.platform;
