/** The operating system, by the names that Node.js has. */
export type Platform = NodeJS.Platform;

/** This machine's. Nobody else reads it: what depends on the platform takes it as an argument. */
export const PLATFORM: Platform = process.platform;
