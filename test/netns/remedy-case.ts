import assert from 'node:assert/strict';
import { FINDINGS, type FindingId, type RemedyKind } from '../../src/core/doctor/finding.ts';
import type { Report } from './doctor-report.ts';

/** `port-hidden ufw-delete`: a finding, and a kind of command that mends it. */
export type Pair = { [Id in FindingId]: `${Id} ${RemedyKind<Id>}` }[FindingId];

/** All there are, as the doctor's own table has them. */
export const PAIRS = Object.entries(FINDINGS).flatMap(([id, kinds]) =>
  kinds.map((kind) => `${id} ${kind}` as Pair),
);

/** A machine on which something is wrong. */
export type RemedyCase<Host> = {
  readonly name: string;
  /** What is found there, each with its remedy. */
  readonly proves: readonly Pair[];
  readonly arrange: (host: Host) => Promise<void>;
  /** Options for doctor. */
  readonly options?: string;
  /** Packages come over this machine's own network. */
  readonly place?: 'own-network';
  /** What must be so besides, when all is mended. */
  readonly check?: (host: Host) => Promise<void>;
};

export type Doctored = {
  readonly doctor: (options?: string) => Promise<Report>;
  readonly type: (command: string) => Promise<unknown>;
};

/** Looks, types each remedy exactly as it is printed, and looks again. */
export async function proveRemedies(
  { proves, options = '' }: Pick<RemedyCase<never>, 'proves' | 'options'>,
  { doctor, type }: Doctored,
): Promise<void> {
  const ill = await doctor(options);
  const remedies = new Set<string>();
  for (const pair of proves) {
    const [id, kind] = pair.split(' ');
    const found = ill.findings.find((one) => one.id === id && one.by === kind);
    assert.ok(found?.remedy !== undefined, `${pair} is not in ${shown(ill, id)}`);
    assert.ok(found.verdict === 'problem' || found.verdict === 'warning', pair);
    remedies.add(found.remedy);
    // Every verb that finds no daemon names the same.
    const told = /start it with `(.+?)`, or name/.exec(found.message)?.[1];
    if (id === 'daemon-running' && told !== undefined) assert.equal(told, found.remedy);
  }
  for (const remedy of remedies) await type(remedy);
  const well = await doctor(options);
  for (const pair of proves) {
    const [id] = pair.split(' ');
    const left = well.findings.filter((one) => one.id === id && one.verdict !== 'ok');
    assert.deepEqual(left, [], `${pair}: still there after ${[...remedies].join('; ')}`);
  }
}

function shown({ findings, text }: Report, id = ''): string {
  const ports = ['port-hidden', 'ipv6-gap', 'container-bypass'];
  const related = findings.filter((one) => one.id === id || (ports.includes(id) && ports.includes(one.id)));
  return related.length === 0 ? text : JSON.stringify(related, undefined, 1);
}
