/** Names in the engine. The braces keep all keys of a fleet on one node of a cluster. */
export type EngineKeys = {
  /** Records, in the single order that all members see. */
  readonly stream: string;
  /** Prefix → the signed record of its ban. */
  readonly bans: string;
  /** Member → how long it still needs records, in ms: nobody trims what another member needs. */
  readonly windows: string;
  /** For a used proof. */
  readonly claim: (key: string) => string;
  /** Channels: questions to all members, and answers to one. */
  readonly questions: string;
  readonly answersTo: (member: string) => string;
};

export function engineKeys(fleet: string): EngineKeys {
  const prefix = `{bussa:${fleet}}:`;
  return {
    stream: `${prefix}stream`,
    bans: `${prefix}bans`,
    windows: `${prefix}windows`,
    claim: (key) => `${prefix}claim:${key}`,
    questions: `${prefix}ask`,
    answersTo: (member) => `${prefix}to:${member}`,
  };
}
