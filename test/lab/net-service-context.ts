/** What a service or client of the tests' own has to do with. */
export type NetServiceContext = {
  readonly args: readonly string[];
  readonly say: (line: string) => void;
  /** Sockets that are opened in this call are the namespace's. */
  readonly inside: (open: () => void) => void;
  readonly onLine: (listener: (line: string) => void) => void;
  /** At its end: last things first. */
  readonly onEnd: (close: () => void) => void;
};
