import type { Material } from './mutator.ts';

/** Something that reads what strangers or operators write. */
export type Target = {
  readonly name: TargetName;
  /** Of a hundred inputs that are no frames, so many are this target's. */
  readonly share: number;
  readonly material: Material;
  /** Reads `bytes[0..length)` and judges what came of it; throws what nobody promised, and an `AssertionError`. */
  readonly take: (bytes: Uint8Array, length: number) => void | Promise<void>;
  /** The target promises to allocate nothing. */
  readonly allocates: boolean;
  readonly close: () => void;
};

/** A target that reads whole inputs, and holds nothing. */
export const readerTarget = (
  target: Pick<Target, 'name' | 'share' | 'material'>,
  judge: (bytes: Uint8Array) => void | Promise<void>,
): Target => ({
  ...target,
  take: (bytes, length) => judge(bytes.slice(0, length)),
  allocates: true,
  close: () => undefined,
});

export const TARGET_NAMES = [
  'frames',
  'captures',
  'capture-files',
  'config',
  'one-time',
  'users',
  'fwknoprc',
  'fleet',
  'signed-knocks',
  'spa-packets',
  'access-conf',
  'netlink',
  'listings',
  'database',
  'database-log',
  'lines',
] as const;

export type TargetName = (typeof TARGET_NAMES)[number];

export const isTargetName = (text: string): text is TargetName => TARGET_NAMES.some((name) => name === text);
