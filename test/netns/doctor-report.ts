import assert from 'node:assert/strict';
import type { Finding } from '../../src/core/doctor/finding.ts';

/** What the doctor has printed with --json, and its exit status. */
export type Report = {
  readonly status: number | null;
  readonly findings: readonly Finding[];
  readonly text: string;
};

export function readReport(output: string, status: number | null): Report {
  const line = output.split('\n').find((each) => each.startsWith('{'));
  assert.ok(line !== undefined, output);
  const { findings = [] } = JSON.parse(line) as { readonly findings?: readonly Finding[] };
  return { status, findings, text: output };
}

export function find({ findings, text }: Report, id: string): Finding {
  const found = findings.find((each) => each.id === id);
  assert.ok(found !== undefined, `there is no ${id} in ${text}`);
  return found;
}

export function assertVerdict(
  report: Report,
  id: string,
  verdict: Finding['verdict'],
  message?: RegExp,
): Finding {
  const found = find(report, id);
  assert.equal(found.verdict, verdict, `${id}: ${found.message}`);
  if (message !== undefined) assert.match(found.message, message);
  return found;
}
