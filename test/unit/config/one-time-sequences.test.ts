import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { markSequenceUsed, parseOneTimeSequences } from '../../../src/core/config/file/one-time-sequences.ts';
import { renderSequence } from '../../../src/core/door/sequence.ts';
import { renderDiagnostic } from '../../../src/core/text/diagnostic.ts';
import { bytesOf } from './config-text.ts';

const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

function read(text: string) {
  const { next, left, warnings } = parseOneTimeSequences('seq', bytesOf(text));
  const shown = next && [renderSequence(next.sequence), next.line, next.byteOffset];
  return { next: shown, left, warnings: warnings.map(renderDiagnostic) };
}

describe('parseOneTimeSequences', () => {
  it('finds the first line that is not used, its number and its place in bytes', () => {
    const text = '# für alice\n#1,2\n\n  # 3,4\n 5:udp, 6\n7,8\n';
    assert.deepEqual(read(text), { next: ['5:udp,6:tcp', 5, 27], left: 2, warnings: [] });
    assert.equal(bytesOf(text)[27], ' '.charCodeAt(0));
  });
  it('has none left when all are used', () => {
    assert.deepEqual(read('#1,2\n\n'), { next: undefined, left: 0, warnings: [] });
    assert.deepEqual(read(''), { next: undefined, left: 0, warnings: [] });
  });
  it('skips lines that are no sequences, with a warning', () => {
    assert.deepEqual(read('hello\n1,0\n9,8'), {
      next: ['9:tcp,8:tcp', 3, 10],
      left: 1,
      warnings: [
        'seq:1:1: warning: line skipped, "hello" is not a port: a port is a number from 1 to 65535',
        'seq:2:3: warning: line skipped, "0" is not a port: a port is a number from 1 to 65535',
      ],
    });
  });
  it('takes CRLF, a byte order mark and a comment behind a sequence', () => {
    assert.deepEqual(read('\uFEFF1,2 # alice\r\n3,4\r\n'), {
      next: ['1:tcp,2:tcp', 1, 3],
      left: 2,
      warnings: [],
    });
  });
  it('skips a line that is not UTF-8', () => {
    const { next, warnings } = parseOneTimeSequences('seq', new Uint8Array([0x31, 0xff, 0x0a, 0x32]));
    assert.equal(next?.line, 2);
    assert.equal(warnings.length, 1);
  });
});

describe('markSequenceUsed', () => {
  const mark = (text: string, line: number): string => textOf(markSequenceUsed(bytesOf(text), line));

  it('takes the place of a leading blank, as knockd does', () => {
    assert.equal(mark(' 1,2\n 3,4\n', 2), ' 1,2\n#3,4\n');
    assert.equal(mark('\t1,2', 1), '#1,2');
  });
  it('goes before a line without a blank, so that no digit is lost', () => {
    assert.equal(mark('1,2\r\n3,4\r\n5', 2), '1,2\r\n#3,4\r\n5');
    assert.equal(mark('1,2\n3,4', 2), '1,2\n#3,4');
  });
  it('goes after a byte order mark', () => assert.equal(mark('\uFEFF1,2\n', 1), '\uFEFF#1,2\n'));
  it('changes no other byte, be it UTF-8 or not', () => {
    const bytes = new Uint8Array([0x23, 0xff, 0x00, 0x0a, 0x31, 0x0a, 0xfe]);
    const marked = [0x23, 0xff, 0x00, 0x0a, 0x23, 0x31, 0x0a, 0xfe];
    assert.deepEqual([...markSequenceUsed(bytes, 2)], marked);
    assert.deepEqual([...bytes], [0x23, 0xff, 0x00, 0x0a, 0x31, 0x0a, 0xfe]);
  });
  it('uses up a file line by line', () => {
    let bytes = bytesOf('# all\n 1,2\n3,4\n\n5:udp');
    const used: string[] = [];
    for (;;) {
      const { next } = parseOneTimeSequences('seq', bytes);
      if (next === undefined) break;
      used.push(renderSequence(next.sequence));
      bytes = markSequenceUsed(bytes, next.line);
    }
    assert.deepEqual(used, ['1:tcp,2:tcp', '3:tcp,4:tcp', '5:udp']);
    assert.equal(textOf(bytes), '# all\n#1,2\n#3,4\n\n#5:udp');
  });
  it('one byte written in place uses a line up too', () => {
    const bytes = bytesOf('x\n12,13\n14');
    const { next } = parseOneTimeSequences('seq', bytes);
    bytes[next!.byteOffset] = 0x23;
    assert.equal(textOf(bytes), 'x\n#2,13\n14');
    assert.equal(parseOneTimeSequences('seq', bytes).next?.line, 3);
  });
  it('refuses a line that is not there', () => {
    assert.throws(() => mark('1\n', 3), { name: 'RangeError', message: 'line 3 of 2 lines' });
  });
});
