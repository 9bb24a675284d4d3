import { pause } from './test-bed.ts';

const POLL_MS = 50;
const PATIENCE_MS = 5000;

type Opened = {
  /** How many doors have been opened since the start. */
  readonly opened: () => Promise<number>;
};

/** How many of `count` honest packets open, each sent once, `pauseMs` after the one before. */
export async function countOpened(
  scene: Opened,
  { count, pauseMs, knock }: { count: number; pauseMs: number; knock: (n: number) => Promise<void> },
): Promise<number> {
  const before = await scene.opened();
  for (let n = 0; n < count; n++) {
    await knock(n);
    await pause(pauseMs);
  }
  const deadline = performance.now() + PATIENCE_MS;
  let opened = (await scene.opened()) - before;
  while (opened < count && performance.now() < deadline) {
    await pause(POLL_MS);
    opened = (await scene.opened()) - before;
  }
  return opened;
}
