import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';
import fc from 'fast-check';
import { splitArgv } from '../../src/core/text/split-argv.ts';
import { seeded } from '../lab/seed.ts';

it('words put in quotes come back, whatever is in them', (t) => {
  const quotes: readonly ((word: string) => string)[] = [
    (word) => `'${word.replaceAll("'", `'\\''`)}'`,
    (word) => `"${word.replaceAll(/[$`"\\]/g, '\\$&')}"`,
  ];
  const word = fc.record({ text: fc.string({ unit: 'binary' }), quote: fc.constantFrom(...quotes) });
  const property = fc.property(fc.array(word), (words) => {
    const line = words.map(({ text, quote }) => quote(text)).join(' \t');
    assert.deepEqual(splitArgv(line), { kind: 'ok', argv: words.map(({ text }) => text) });
  });
  fc.assert(property, seeded(t, { numRuns: 2_000 }));
});

it('splits as /bin/sh does', (t) => {
  const line = fc.string({ unit: fc.constantFrom('a', 'é', ' ', '\t', "'", '"', '\\'), maxLength: 12 });
  const property = fc.property(fc.array(line, { minLength: 200, maxLength: 200 }), (lines) => {
    const split = lines.map(splitArgv);
    const whole = lines.filter((_, i) => split[i]?.kind === 'ok');
    const argvs = split.flatMap((result) => (result.kind === 'ok' ? [result.argv] : []));
    assert.ok(argvs.length > 0);
    // For each line how many words it has, and each of them with its end marked.
    const script = whole.map(
      (each) => `set -- ${each}\necho "$#"; for word; do printf '%s\\n.\\n' "$word"; done`,
    );
    const expected = argvs.map((argv) => `${argv.length}\n${argv.map((each) => `${each}\n.\n`).join('')}`);
    assert.equal(execFileSync('/bin/sh', ['-c', script.join('\n')], { encoding: 'utf8' }), expected.join(''));
  });
  fc.assert(property, seeded(t, { numRuns: 20 }));
});

it('a reported place is inside the text', (t) => {
  const property = fc.property(fc.string({ unit: 'binary' }), (text) => {
    const result = splitArgv(text);
    const place = result.kind === 'bad' ? result.offset : (result.shellSign ?? 0);
    assert.ok(place >= 0 && place <= text.length);
  });
  fc.assert(property, seeded(t, { numRuns: 2_000 }));
});
