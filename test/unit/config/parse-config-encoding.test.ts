import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import { bytesOf, complaints } from './config-text.ts';
import { check, FLAGS, PORT } from './mistake-cases.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('encoding', () => {
  it('a comment is of no consequence, and warned of once; each value in another encoding is a mistake', () => {
    const text = [
      ...bytesOf('\uFEFF# ü'),
      ...latin1('é x\n[one]\n\t# für später\nsequence = 0\ncommand = /bin/écho é\n'),
      0xff,
    ];
    assert.deepEqual(complaints(new Uint8Array(text)), [
      '1:4: warning: byte 0xE9 in a comment is not UTF-8, and 1 more such line: save the file as UTF-8',
      `4:12: "0" is not a port: ${PORT}`,
      '5:16: byte 0xE9 is not UTF-8: save the file as UTF-8',
      '6:1: byte 0xFF is not UTF-8: save the file as UTF-8',
      '6:1: "=" is missing in "\uFFFD": a directive is name = value',
    ]);
  });
  it('a file with Latin-1 in its comments alone is good, for each byte that is no ASCII', () => {
    for (let byte = 0x80; byte <= 0xff; byte++) {
      const text = Buffer.concat([
        latin1('# caf'),
        Uint8Array.of(byte),
        latin1('\r\n[one]\r\nsequence = 1\r\n'),
      ]);
      const result = parseConfig('c', text);
      assert.ok(result.kind === 'ok', `byte ${byte}`);
      assert.deepEqual(
        result.warnings.map(({ id, place }) => `${id} ${place.line}:${place.column}`),
        ['not-utf8 1:6'],
      );
    }
  });
  it('knows UTF-16 by its mark', () => {
    const text = Buffer.from('\uFEFF[one]\nsequence=1\n', 'utf16le');
    assert.deepEqual(complaints(text), ['1:1: the file is UTF-16: save it as UTF-8']);
    assert.deepEqual(complaints(text.swap16()), ['1:1: the file is UTF-16: save it as UTF-8']);
  });
  check(
    {
      'a NUL in a value': [
        'command = a\0b',
        '3:12: control character "\\u{0}" in the value: remove it, a value of Start_Command is plain text',
      ],
      'an escape character in a path': [
        'one_time_sequences = \x1b[2J',
        '3:1: One_Time_Sequences is used together with Sequence of line 2: a door has only one of them, remove the other',
        '3:22: control character "\\u{1b}" in the value: remove it, a value of One_Time_Sequences is plain text',
      ],
      'a carriage return in the middle': [
        'target = 192.0.2.1\rcommand = x',
        '3:19: control character "\\u{d}" in the value: remove it, a value of Target is plain text',
      ],
      'characters outside the basic plane count as one': [
        'tcpflags = 😀,syn,x',
        `3:12: unknown flag "😀": ${FLAGS}`,
        `3:18: unknown flag "x": ${FLAGS}`,
      ],
      'a no-break space is shown': [
        'comm\u00a0and = x',
        '3:1: unknown directive "comm\\u{a0}and": did you mean Command?',
      ],
    },
    (text) => `[one]\nsequence = 1\n${text}\n`,
  );
});
