import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { preferHugePages } from '../../../src/host/ffi/huge-pages.ts';

const MIB = 1024 * 1024;
const THERE = existsSync('/sys/kernel/mm/transparent_hugepage');

test('a large table gets huge pages but for its beginning, where the kernel has them', () => {
  const table = new Int32Array((16 * MIB) / 4);
  const before = hugeMappingsKib();
  preferHugePages(table);
  const added = hugeMappingsKib() - before;
  assert.ok(THERE ? added >= 10 * 1024 && added <= 14 * 1024 : added === 0, `${added} KiB`);
  table.fill(7);
  assert.ok(table.every((word) => word === 7));
});

test('a small one stays as it is', () => {
  const before = hugeMappingsKib();
  preferHugePages(new Int32Array(1000));
  preferHugePages(new Int32Array(0));
  assert.equal(hugeMappingsKib(), before);
});

/** Of the mappings that have been advised so: the flag `hg` of proc_pid_smaps(5). */
function hugeMappingsKib(): number {
  const mappings = readFileSync('/proc/self/smaps', 'latin1').matchAll(
    /^Size: +(\d+) kB\n(?:.*\n)*?VmFlags:(.*)$/gm,
  );
  return [...mappings].reduce((sum, [, kib, flags = '']) => sum + (/ hg\b/.test(flags) ? Number(kib) : 0), 0);
}
