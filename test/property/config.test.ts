import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { markSequenceUsed, parseOneTimeSequences } from '../../src/core/config/file/one-time-sequences.ts';
import { parseConfig } from '../../src/core/config/file/parse-config.ts';
import { parseInterfaceSetting } from '../../src/core/config/values/parse-interfaces.ts';
import type { Diagnostic } from '../../src/core/text/diagnostic.ts';
import { nearestWord } from '../../src/core/text/nearest-word.ts';
import { firstInvalidUtf8 } from '../../src/core/text/utf8.ts';
import { seeded } from '../lab/seed.ts';
import { renderedConfig } from './config-text.ts';

const utf8 = new TextEncoder();

/** Bytes that a configuration is made of, mixed with any others. */
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc
    .array(
      fc.oneof(
        {
          weight: 3,
          arbitrary: fc.constantFrom('[', ']', '=', '\n', '\n', ',', ':', '#', ' ', '!', '\0', '\r\n'),
        },
        {
          weight: 3,
          arbitrary: fc.constantFrom('[options]\n', '[a]\n', 'sequence', 'tcpflags', 'interface', 'any'),
        },
        {
          weight: 2,
          arbitrary: fc.constantFrom('target', 'UseSyslog', 'command=', 'stop_command=', '7000', 'udp'),
        },
        {
          weight: 2,
          arbitrary: fc.constantFrom(
            'open=',
            'tcp/1-2',
            ' forward',
            'allow=',
            '::/0',
            'on_open=',
            'sh:',
            "'",
          ),
        },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
      ),
      { maxLength: 80 },
    )
    .map((parts) => utf8.encode(parts.join(''))),
);

describe('parseConfig', () => {
  it('never throws, and its diagnostics are sorted and inside the file, for any bytes', (t) => {
    const property = fc.property(anyBytes, (bytes) => judgeDiagnostics(bytes));
    fc.assert(property, seeded(t, { numRuns: 2_000 }));
  });

  it('never throws for a valid file with some bytes changed, lost or added', (t) => {
    const change = fc.record({
      at: fc.nat(),
      cut: fc.nat({ max: 12 }),
      put: fc.oneof(
        fc.uint8Array({ maxLength: 3 }),
        fc.constantFrom(...['\n', '=', ',', '[', '#', '\0'].map((c) => utf8.encode(c))),
      ),
    });
    const property = fc.property(
      renderedConfig,
      fc.array(change, { minLength: 1, maxLength: 4 }),
      ({ text }, changes) => {
        judgeDiagnostics(changes.reduce(changed, utf8.encode(text)));
      },
    );
    fc.assert(property, seeded(t, { numRuns: 1_000 }));
  });

  it('reads a rendered configuration back as it was', (t) => {
    const property = fc.property(renderedConfig, ({ config, text }) => {
      assert.deepEqual(parseConfig('f', utf8.encode(text)), { kind: 'ok', config, warnings: [] });
    });
    fc.assert(property, seeded(t, { numRuns: 1_000 }));
  });

  it('finds a line put into a valid file at its own place, and nothing else', (t) => {
    const property = fc.property(renderedConfig, fc.nat(), ({ text }, at) => {
      const lines = text.replace('\uFEFF', '').split('\n');
      const line = 1 + (at % lines.length);
      lines.splice(line - 1, 0, '\u{1F6AA} is no directive\r');
      const result = parseConfig('f', utf8.encode(lines.join('\n')));
      assert.equal(result.kind, 'bad');
      assert.deepEqual(result.diagnostics[0]?.place, { file: 'f', line, column: 1 });
      // Above the first heading it belongs to no section either.
      assert.equal(result.diagnostics.length, line === 1 ? 2 : 1);
    });
    fc.assert(property, seeded(t));
  });
});

describe('parts of the reader', () => {
  it('firstInvalidUtf8 agrees with Node.js on what UTF-8 is', (t) => {
    const text = fc.string({ unit: 'binary', maxLength: 20 }).map((each) => utf8.encode(each));
    const nearly = fc.tuple(text, fc.uint8Array({ maxLength: 4 }), text).map((parts) => Buffer.concat(parts));
    const property = fc.property(
      fc.oneof(nearly, fc.uint8Array({ minLength: 1, maxLength: 5, min: 0x7f })),
      (bytes) => {
        const index = firstInvalidUtf8(bytes);
        assert.equal(index === undefined, isUtf8(bytes));
        if (index === undefined) return;
        assert.ok(isUtf8(bytes.subarray(0, index)));
        for (let end = index + 1; end <= bytes.length; end++) assert.ok(!isUtf8(bytes.subarray(index, end)));
      },
    );
    fc.assert(property, seeded(t, { numRuns: 5_000 }));
  });

  it('nearestWord finds a word again after one letter is lost, doubled, replaced or swapped', (t) => {
    const words = ['Sequence', 'Interface', 'One_Time_Sequences', 'PidFile', 'TCPFlags'];
    const property = fc.property(
      fc.constantFrom(...words),
      fc.nat(),
      fc.nat({ max: 3 }),
      (word, place, kind) => {
        const i = place % (word.length - 1);
        const [a, b] = [word.charAt(i), word.charAt(i + 1)];
        const middle = [b, a + a + b, `q${b}`, b + a][kind];
        assert.equal(nearestWord(word.slice(0, i) + middle + word.slice(i + 2), words), word);
      },
    );
    fc.assert(property, seeded(t));
  });

  it('parseInterfaceSetting says for any text what is wrong with it, inside the text', (t) => {
    const name = fc.oneof(
      fc.constantFrom('eth0', 'any', 'auto', '', ' ', 'a b', '/', ':', '..'),
      fc.string(),
    );
    const property = fc.property(fc.array(name, { maxLength: 5 }), (names) => {
      const text = names.join(',');
      const result = parseInterfaceSetting(text);
      if (result.kind === 'bad') {
        for (const { offset } of result.mistakes) assert.ok(offset >= 0 && offset <= text.length);
      } else if (result.choice.kind === 'named') {
        assert.equal(new Set(result.choice.names).size, result.choice.names.length);
        assert.ok(result.choice.names.length > 0);
      }
    });
    fc.assert(property, seeded(t, { numRuns: 1_000 }));
  });
});

describe('one-time sequences', () => {
  const line = fc.oneof(
    fc.constantFrom('', ' ', '#', '1,2', ' 3:udp', '\t4', '#5', ' # 6', '0', 'x', '7\r'),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  const file = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .tuple(fc.constantFrom('', '\uFEFF'), fc.array(line))
      .map(([bom, lines]) => utf8.encode(bom + lines.join('\n'))),
  );

  it('a used line is passed over, one fewer is left, and no other byte has changed', (t) => {
    const property = fc.property(file, (bytes) => {
      const { next, left, warnings } = parseOneTimeSequences('f', bytes);
      assert.equal(next === undefined, left === 0);
      judgePlaces(bytes, warnings);
      if (next === undefined) return;
      const marked = markSequenceUsed(bytes, next.line);
      assert.equal(parseOneTimeSequences('f', marked).left, left - 1);
      const kept = bytes.length - marked.length + 1;
      assert.equal(marked[next.byteOffset], 0x23);
      assert.deepEqual(marked.subarray(0, next.byteOffset), bytes.subarray(0, next.byteOffset));
      assert.deepEqual(marked.subarray(next.byteOffset + 1), bytes.subarray(next.byteOffset + kept));
    });
    fc.assert(property, seeded(t, { numRuns: 2_000 }));
  });

  it('a # written over one byte does the same', (t) => {
    const property = fc.property(file, (bytes) => {
      const { next, left } = parseOneTimeSequences('f', bytes);
      if (next === undefined) return;
      const marked = bytes.slice();
      marked[next.byteOffset] = 0x23;
      assert.equal(parseOneTimeSequences('f', marked).left, left - 1);
    });
    fc.assert(property, seeded(t, { numRuns: 2_000 }));
  });
});

function judgeDiagnostics(bytes: Uint8Array): void {
  const result = parseConfig('f', bytes);
  if (result.kind === 'ok') {
    assert.ok(result.warnings.every(({ severity }) => severity === 'warning'));
    assert.ok(result.config.doors.length > 0);
    judgePlaces(bytes, result.warnings);
  } else {
    assert.ok(result.diagnostics.some(({ severity }) => severity === 'error'));
    judgePlaces(bytes, result.diagnostics);
  }
}

/** In order, on lines that exist, at most one column behind their last character; no message with control codes. */
function judgePlaces(bytes: Uint8Array, diagnostics: readonly Diagnostic[]): void {
  const lines = new TextDecoder().decode(bytes).split('\n');
  let before = { line: 0, column: 0 };
  for (const { place, message } of diagnostics) {
    const text = lines[place.line - 1];
    assert.ok(text !== undefined, `line ${place.line} of ${lines.length}`);
    assert.ok(place.column >= 1 && place.column <= [...text].length + 1);
    assert.ok(place.line > before.line || (place.line === before.line && place.column >= before.column));
    assert.ok(!/\p{C}/u.test(message), JSON.stringify(message));
    before = place;
  }
}

function changed(
  bytes: Uint8Array,
  { at, cut, put }: { at: number; cut: number; put: Uint8Array },
): Uint8Array<ArrayBuffer> {
  const start = at % (bytes.length + 1);
  return new Uint8Array([...bytes.subarray(0, start), ...put, ...bytes.subarray(start + cut)]);
}
