import v8 from 'node:v8';
import vm from 'node:vm';
import { Mutator } from './mutator.ts';
import type { Target } from './target.ts';

/** An input that a reader did not stand, and what came of it. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
  readonly index: number;
  readonly input: Uint8Array;

  constructor(what: string, index: number, input: Uint8Array, cause?: unknown) {
    super(what, { cause });
    this.index = index;
    this.input = input;
  }
}

export type Campaign = {
  readonly seed: number;
  /** Number of the first input. */
  readonly from: number;
  readonly count: number;
  /** Hears of each input's number before it is taken. */
  readonly onInput: (index: number) => void;
  readonly onCheckpoint: (taken: number) => void;
};

export type Figures = {
  readonly inputs: number;
  readonly seconds: number;
  readonly slowestMs: number;
  readonly slowestIndex: number;
  /** Of what is still held after a garbage collection, the most beyond what was held after the first tenth. */
  readonly grownBytes: number;
  /** Allocated in the last nine tenths, whether it is still held or not. */
  readonly allocatedPerInput: number;
};

/** One input of at most 64 KiB: what takes longer grows faster than its input. */
const MAX_INPUT_MS = 5_000;
/** What is held may waver by this much from one checkpoint to the next. */
const MAX_GROWTH_BYTES = 8 * 1024 * 1024;
/**
 * Bytes. Reading makes no object; one frame in four here goes to the engine, whose time is a boxed double, and one in a
 * hundred completes a sequence, of which an object is made. That noise makes none is test/property/read-packet.test.ts.
 */
const MAX_IDLE_ALLOCATION = 40;
const CHECKPOINTS = 10;
/** A shorter campaign has not come to rest after its first tenth. */
const MIN_MEASURED = 1_000_000;

/** Takes `count` inputs, one after the other. Fails with a `FuzzFailure`. */
export async function runCampaign(target: Target, campaign: Campaign): Promise<Figures> {
  const { seed, from, count } = campaign;
  const mutator = new Mutator(target.material, seed);
  const memory = new MemoryWatch();
  const started = performance.now();
  const slowest = { ms: 0, index: from };
  for (let part = 0; part < CHECKPOINTS; part++) {
    const first = from + Math.floor((count * part) / CHECKPOINTS);
    const end = from + Math.floor((count * (part + 1)) / CHECKPOINTS);
    if (target.allocates) await takeTimed(target, mutator, first, end, campaign.onInput, slowest);
    else await takeAll(target, mutator, first, end, campaign.onInput);
    const grown = memory.look(end - from);
    if (grown > MAX_GROWTH_BYTES) throw failure(mutator, end - 1, `memory has grown by ${grown} bytes`);
    campaign.onCheckpoint(end - from);
  }
  const { grownBytes, allocatedPerInput } = memory;
  if (!target.allocates && count >= MIN_MEASURED && allocatedPerInput > MAX_IDLE_ALLOCATION) {
    throw failure(mutator, from + count - 1, `${allocatedPerInput} bytes are allocated for each input`);
  }
  const seconds = (performance.now() - started) / 1000;
  return {
    inputs: count,
    seconds,
    slowestMs: slowest.ms,
    slowestIndex: slowest.index,
    grownBytes,
    allocatedPerInput,
  };
}

/** One input again, as it was made or as a file holds it. */
export async function takeInput(target: Target, index: number, input: Uint8Array): Promise<void> {
  try {
    await target.take(input, input.length);
  } catch (error) {
    throw new FuzzFailure(String(error), index, input, error);
  }
}

async function takeAll(
  target: Target,
  mutator: Mutator,
  first: number,
  end: number,
  onInput: (index: number) => void,
): Promise<void> {
  let index = first;
  try {
    for (; index < end; index++) {
      onInput(index);
      mutator.make(index);
      const later = target.take(mutator.bytes, mutator.length);
      if (later !== undefined) await later;
    }
  } catch (error) {
    throw failure(mutator, index, String(error), error);
  }
}

async function takeTimed(
  target: Target,
  mutator: Mutator,
  first: number,
  end: number,
  onInput: (index: number) => void,
  slowest: { ms: number; index: number },
): Promise<void> {
  for (let index = first; index < end; index++) {
    const before = performance.now();
    await takeAll(target, mutator, index, index + 1, onInput);
    const ms = performance.now() - before;
    if (ms > MAX_INPUT_MS) throw failure(mutator, index, `${ms} ms for ${mutator.length} bytes`);
    if (ms <= slowest.ms) continue;
    slowest.ms = ms;
    slowest.index = index;
  }
}

function failure({ bytes, length }: Mutator, index: number, what: string, cause?: unknown): FuzzFailure {
  return new FuzzFailure(what, index, bytes.slice(0, length), cause);
}

/** What is held, and what has been allocated, since the first look. */
class MemoryWatch {
  grownBytes = 0;
  allocatedPerInput = 0;
  #first: { readonly held: number; readonly allocated: number; readonly taken: number } | undefined;

  /** Returns by how much more is held than at the first look. */
  look(taken: number): number {
    // What one collection frees of buffers, threads of V8 give back until the next.
    for (let i = 0; i < 2; i++) collectGarbage();
    const allocated = allocatedBytes();
    const { heapUsed, external } = process.memoryUsage();
    const held = heapUsed + external;
    this.#first ??= { held, allocated, taken };
    const grown = held - this.#first.held;
    this.grownBytes = Math.max(this.grownBytes, grown);
    if (taken > this.#first.taken) {
      this.allocatedPerInput = (allocated - this.#first.allocated) / (taken - this.#first.taken);
    }
    return grown;
  }
}

/** V8 counts it; the types of Node.js do not know of it yet. */
function allocatedBytes(): number {
  const statistics: Readonly<Record<string, number>> = { ...v8.getHeapStatistics() };
  return statistics.total_allocated_bytes ?? 0;
}

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;
