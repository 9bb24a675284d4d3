import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, test } from 'node:test';
import { describeRefusal } from '../../../src/host/ffi/describe-refusal.ts';
import { SystemCallError } from '../../../src/host/ffi/system-call-error.ts';
import { moduleOf, startModule } from '../../lab/child-module.ts';

/** Runs a program whose `main` has this body. */
async function ends(body: string): Promise<{ readonly code: number | null; readonly output: string }> {
  await using program = startModule(
    `import { readdirSync, openSync, writeSync } from 'node:fs';
     import { connect } from 'node:net';
     import { hostname } from 'node:os';
     import { endWith } from '${moduleOf('cli/process/end-process.ts')}';
     void endWith('bussa', { failed: 1, permission: 77 }, async () => { ${body} });`,
  );
  const { code } = await program.exited;
  return { code, output: program.output };
}

describe('an unhandled system error is one sentence, and a bug keeps its stack trace', () => {
  const refusals: Readonly<Record<string, string>> = {
    'where main waits': "readdirSync('/no/such/place'); return 0;",
    'in a turn that nobody waits for':
      "setImmediate(() => readdirSync('/no/such/place')); return new Promise((r) => setTimeout(r, 60_000, 0));",
    'in a promise that nobody waits for':
      "void (async () => readdirSync('/no/such/place'))(); return new Promise((r) => setTimeout(r, 60_000, 0));",
  };
  for (const [name, body] of Object.entries(refusals)) {
    test(name, async () => {
      const { code, output } = await ends(body);
      assert.equal(
        output,
        'bussa: scandir on /no/such/place failed: no such file or directory (ENOENT): make it, or name another\n',
      );
      assert.equal(code, 1);
    });
  }

  test('a socket that has no listener for its error', async () => {
    const { code, output } = await ends(
      "connect('/no/such/socket'); return new Promise((r) => setTimeout(r, 60_000, 0));",
    );
    assert.match(
      output,
      /^bussa: connect on \/no\/such\/socket failed: no such file or directory \(ENOENT\): .*\n$/,
    );
    assert.equal(code, 1);
  });

  test('a permission error has its own exit status', async () => {
    const { code, output } = await ends(
      "process.setegid?.(65534); process.seteuid?.(65534); openSync('/root/x', 'w'); return 0;",
    );
    if (process.geteuid?.() !== 0) return;
    assert.match(output, /^bussa: open on \/root\/x failed: permission denied \(EACCES\): run it as root/);
    assert.equal(code, 77);
  });

  test('a bug: its trace, and 70', async () => {
    const { code, output } = await ends("throw new Error('a bug made by the test');");
    assert.match(output, /this is a bug in Bussa: Error: a bug made by the test\n {4}at /);
    assert.equal(code, 70);
  });
});

describe('every refusal is one sentence with a remedy', () => {
  const names = Object.keys(constants.errno);
  test('of our own calls', () => {
    for (const [name, errno] of Object.entries(constants.errno)) {
      const words = describeRefusal(new SystemCallError('bind', 'the packet socket', errno));
      assert.match(words, /^bind on the packet socket: (?:E\w+|errno \d+) \([^)]+\): \S+ \S+/, name);
      assert.doesNotMatch(words, /\n/, name);
    }
  });

  test('of calls that Node.js makes', () => {
    for (const name of names) {
      const errno = -constants.errno[name as keyof typeof constants.errno];
      const error = Object.assign(new Error(`${name}: raw\nwords`), {
        code: name,
        errno,
        syscall: 'open',
        path: '/p',
      });
      assert.match(
        describeRefusal(error),
        new RegExp(`^open on /p failed: [^:]+ \\(${name}\\): \\S+ \\S+`),
        name,
      );
    }
  });
});
