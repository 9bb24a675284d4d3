import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { splitArgv } from '../../../src/core/text/split-argv.ts';

const PLAIN: readonly (readonly [text: string, ...argv: string[]])[] = [
  [''],
  [' \t '],
  ['one', 'one'],
  [' one\ttwo  three ', 'one', 'two', 'three'],
  [`'one two' "three  four"`, 'one two', 'three  four'],
  [`a'b'"c"d\\ e`, 'abcd e'],
  [`'' ""`, '', ''],
  [`'"' "'" \\' \\"`, '"', "'", "'", '"'],
  [String.raw`'a\b' "a\b" a\b`, String.raw`a\b`, String.raw`a\b`, 'ab'],
  [String.raw`"\\ \" \$ \\n"`, String.raw`\ " $ \n`],
  ['# no comment', '#', 'no', 'comment'],
  ['*.c ~ {a,b} ! %IP% a=b', '*.c', '~', '{a,b}', '!', '%IP%', 'a=b'],
  [`'$HOME' '|' "|" \\; \\$x 5$`, '$HOME', '|', '|', ';', '$x', '5$'],
  ['grüße 😀', 'grüße', '😀'],
];

describe('splitting a command line without a shell', () => {
  for (const [text, ...argv] of PLAIN) {
    it(JSON.stringify(text), () => assert.deepEqual(splitArgv(text), { kind: 'ok', argv }));
  }
});

describe('characters special to a shell are kept, and their place is returned', () => {
  const cases: readonly (readonly [text: string, shellSign: number, ...argv: string[]])[] = [
    ['echo $BUSSA_IP', 5, 'echo', '$BUSSA_IP'],
    ['echo "to $BUSSA_IP"', 9, 'echo', 'to $BUSSA_IP'],
    ['echo `date`', 5, 'echo', '`date`'],
    ['a | b', 2, 'a', '|', 'b'],
    ['a;b', 1, 'a;b'],
    ['a>$b', 1, 'a>$b'],
    [`'a' $(b)`, 4, 'a', '$(b)'],
  ];
  for (const [text, shellSign, ...argv] of cases) {
    it(text, () => assert.deepEqual(splitArgv(text), { kind: 'ok', argv, shellSign }));
  }
});

describe('what is no command line', () => {
  const cases: readonly (readonly [text: string, offset: number, message: RegExp])[] = [
    [`a 'b c`, 2, /the quote ' is never closed/],
    [`a "b 'c'`, 2, /the quote " is never closed/],
    [`'a' b'`, 5, /never closed/],
    ['a \\', 2, /a backslash at the end/],
    ['"a\\', 0, /never closed/],
  ];
  for (const [text, offset, message] of cases) {
    it(text, () => {
      const result = splitArgv(text);
      assert.ok(result.kind === 'bad');
      assert.equal(result.offset, offset);
      assert.match(result.message, message);
    });
  }
});
