/** `unknown`: it could not be judged, and the message says why. */
export type Verdict = 'ok' | 'warning' | 'problem' | 'unknown';

/** One thing that commonly goes wrong, and whether it does here. */
export type Finding = {
  /** Scripts may rely on it. */
  readonly id: string;
  readonly verdict: Verdict;
  readonly message: string;
  /** A command that can be typed, or what else is to be done. */
  readonly remedy?: string;
};

export const ok = (id: string, message: string): Finding => ({ id, verdict: 'ok', message });

export const problem = (id: string, message: string, remedy: string): Finding => ({
  id,
  verdict: 'problem',
  message,
  remedy,
});

export const warning = (id: string, message: string, remedy: string): Finding => ({
  id,
  verdict: 'warning',
  message,
  remedy,
});

export const unknown = (id: string, message: string, remedy?: string): Finding => ({
  id,
  verdict: 'unknown',
  message,
  ...(remedy === undefined ? {} : { remedy }),
});
