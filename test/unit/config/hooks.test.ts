import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configOf, doorOf } from './config-text.ts';
import { check } from './mistake-cases.ts';

const hooks = (lines: string): unknown => doorOf(`[door]\nsequence = 1\n${lines}\n`).hooks;
const argv = (...words: readonly string[]): object => ({ kind: 'argv', argv: words });

describe('hooks', () => {
  it('of a door: words as a shell splits them, and nothing else of a shell', () => {
    assert.deepEqual(hooks(`on_open = /usr/bin/logger -t bussa 'it is open'`), {
      open: argv('/usr/bin/logger', '-t', 'bussa', 'it is open'),
    });
    assert.deepEqual(hooks('on_close = a # b\nOn_Refused = "c d"\\ e'), {
      close: argv('a', '#', 'b'),
      refused: argv('c d e'),
    });
  });
  it('with sh: in front: the rest for a shell, as it stands', () => {
    const text = `echo "$BUSSA_IP" | mail -s 'open' root; a\\ b`;
    assert.deepEqual(hooks(`on_open = sh:  ${text}`), { open: { kind: 'shell', text } });
    assert.deepEqual(hooks('on_open = sh -c x'), { open: argv('sh', '-c', 'x') });
  });
  it('of the daemon', () => {
    const { settings } = configOf('[options]\non_start = a b\non_stop = sh:c\n[one]\nsequence=1\n');
    assert.deepEqual(settings, {
      useSyslog: false,
      hooks: { start: argv('a', 'b'), stop: { kind: 'shell', text: 'c' } },
    });
  });
  it('for all doors, wherever the options stand; a door has its own, or with an empty one none', () => {
    const { settings, doors } = configOf(`[one]
sequence = 1
[two]
sequence = 2
on_open = mine
on_close =
[three]
sequence = 3
on_open =
on_close =
[options]
on_open = all
on_close = all closed
`);
    assert.deepEqual(settings, { useSyslog: false });
    assert.deepEqual(
      doors.map((door) => door.hooks),
      [{ open: argv('all'), close: argv('all', 'closed') }, { open: argv('mine') }, undefined],
    );
    assert.equal('hooks' in doors[2]!, false);
  });
});

describe('mistakes in hooks', () => {
  check(
    {
      'an open quote': [`on_open = logger 'open`, "3:18: the quote ' is never closed: close it"],
      'a backslash at the end': [
        'on_open = logger \\',
        '3:18: a backslash at the end: write it twice, or remove it',
      ],
      'no program': [
        `on_open = '' x`,
        '3:11: the name of the program is empty: write its path, as in /usr/bin/logger',
      ],
      'nothing for the shell': [
        'on_open = sh: ',
        '3:11: a command is missing after sh: write what /bin/sh should run',
      ],
      'a variable without a shell': [
        'on_open = logger $BUSSA_IP opened',
        `3:18: warning: no shell interprets "$BUSSA_IP", it is taken literally: begin the value with sh: to run it in a shell, or put it in '...'`,
      ],
      'a pipe without a shell': [
        'on_close = date | mail root',
        `3:17: warning: no shell interprets "|", it is taken literally: begin the value with sh: to run it in a shell, or put it in '...'`,
      ],
      'the placeholder of commands': [
        'on_open = logger %IP%',
        '3:18: warning: "%IP%" is not replaced here: a hook gets the address in the environment, as BUSSA_IP: sh: logger "$BUSSA_IP"',
      ],
      'longer than Linux takes': [
        `on_open = sh: ${'x'.repeat(131_072)}`,
        '3:15: the command is longer than 131071 bytes: put it into a script',
      ],
    },
    (text) => `[one]\nsequence = 1\n${text}\n`,
  );
  check({
    'of all doors, told once': [
      `[options]\non_open = 'x\non_start = "y\n[one]\nsequence = 1\n[two]\nsequence = 2\n`,
      "2:11: the quote ' is never closed: close it",
      '3:12: the quote " is never closed: close it',
    ],
  });
});
