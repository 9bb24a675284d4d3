/**
 * The contract of a capture, over an adapter's own process in a network namespace.
 *
 *     client                 server
 *     eth0 10.7.0.2    ────  eth0 10.7.0.1, the capture
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileFilter } from '../../src/host/ffi/libpcap.ts';
import { moduleOf } from '../lab/child-module.ts';
import { C_KNOCK, WorkDirectory } from '../lab/knockd.ts';
import type { Program } from '../lab/program.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, Wire } from '../lab/wire.ts';

const ADAPTERS = { ring: { module: 'host/capture/ring-capture.ts', open: 'openRingCapture' } } as const;

/**
 * Obeys one order a line: `filter EXPRESSION`, `drain LIMIT`, `counters`, `watch`, `unwatch`, `close`. Each packet
 * drained is a line of its own; each order is confirmed.
 */
const program = ({ module, open }: { readonly module: string; readonly open: string }): string => `
  import { ${open} } from '${moduleOf(module)}';
  import { createInterface } from 'node:readline';
  const capture = ${open}(process.argv[1]);
  let watching;
  const take = (frame) => {
    const bytes = Buffer.from(frame.bytes.subarray(frame.start, frame.end));
    const port = bytes.readUInt16BE(bytes[0] >> 4 === 6 ? 42 : (bytes[0] & 15) * 4 + 2);
    const age = Date.now() - (frame.seconds * 1000 + frame.nanoseconds / 1e6);
    console.log('packet', port, bytes.length, 'at', frame.interfaceIndex, frame.toThisHost, age > -100 && age < 60000, bytes.toString('hex'));
  };
  const orders = {
    filter: (text) => capture.setFilter(text),
    drain: (limit) => capture.drain(Number(limit), take),
    counters: () => JSON.stringify(capture.counters()),
    watch: () => { watching = capture.watch(() => { console.log('readable'); capture.drain(100000, take); }); },
    unwatch: () => watching.close(),
    close: () => capture.close(),
  };
  let done = 0;
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [, order, text] = /^(\\w+) ?(.*)$/.exec(line);
    try { console.log('done', ++done, orders[order](text) ?? ''); } catch (error) { console.log('done', done, error.message); }
  });
  console.log('open');
`;

/** A capture in the server's namespace that does as it is told. */
class Obeying implements AsyncDisposable {
  readonly program: Program;
  #orders = 0;

  constructor(running: Program) {
    this.program = running;
  }

  /** Gives an order and returns what came of it. */
  async order(line: string): Promise<string> {
    this.program.write(`${line}\n`);
    this.#orders++;
    const [, result = ''] = await this.program.saw(new RegExp(`^done ${this.#orders} ?(.*)$`, 'm'));
    return result;
  }

  /** The ports of the packets drained so far, in their order. */
  ports(): number[] {
    return [...this.program.output.matchAll(/^packet (\d+)/gm)].map(([, port]) => Number(port));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

for (const [name, adapter] of Object.entries(ADAPTERS)) {
  const capture = async (wire: Wire, filter: string): Promise<Obeying> => {
    const running = wire.server.start(
      process.execPath,
      '--input-type=module',
      '--eval',
      program(adapter),
      filter,
    );
    await running.saw(/^open$/m);
    return new Obeying(running);
  };
  const send = (wire: Wire, ...ports: readonly string[]): Promise<string> =>
    wire.client.run(C_KNOCK, SERVER, ...ports);

  describe(`a capture: ${name}`, { concurrency: 3 }, () => {
    test('what the filter passes and nothing else, in order, whole, with its interface and its time', async () => {
      await using wire = await Wire.create();
      await using it = await capture(wire, 'tcp dst portrange 7000-7002 or udp dst port 9000');
      await send(wire, '7000', '80', '7002:tcp', '9000:udp', '7000:udp', '9000:tcp', '7001');
      await wire.client.run(C_KNOCK, SERVER6, '7001', '9000:udp');
      await it.order('drain 1000');
      assert.deepEqual(it.ports(), [7000, 7002, 9000, 7001, 7001, 9000]);
      const index = Number((await wire.server.run('cat', '/sys/class/net/eth0/ifindex')).trim());
      const lines = [...it.program.output.matchAll(/^packet .*$/gm)].map(([line]) => line.split(' '));
      for (const [, , length, , at, toThisHost, timely, hex] of lines) {
        assert.deepEqual(
          [at, toThisHost, timely, hex?.length],
          [`${index}`, 'true', 'true', Number(length) * 2],
        );
      }
      const hex = (nth: number): string => lines[nth]?.at(-1) ?? '';
      assert.match(hex(0), /^45.{22}0a0700020a070001/, `IPv4 from ${CLIENT} to ${SERVER}`);
      assert.match(hex(4), /^6.{15}fd07(?:0{26})02fd07(?:0{26})01/, `IPv6 from ${CLIENT6} to ${SERVER6}`);
    });

    test('no more at once than the limit; the rest stays for the next time', async () => {
      await using wire = await Wire.create();
      await using it = await capture(wire, 'udp');
      await send(wire, ...Array.from({ length: 10 }, (_, n) => `${7000 + n}:udp`));
      assert.equal(await it.order('drain 4'), '4');
      assert.deepEqual(it.ports(), [7000, 7001, 7002, 7003]);
      assert.equal(await it.order('drain 0'), '0');
      assert.equal(await it.order('drain 100'), '6');
      assert.equal(await it.order('drain 100'), '0');
      assert.deepEqual(
        it.ports(),
        Array.from({ length: 10 }, (_, n) => 7000 + n),
      );
    });

    test('another filter in the middle; an empty one passes nothing; a bad one changes nothing', async () => {
      await using wire = await Wire.create();
      await using it = await capture(wire, 'udp dst port 7000');
      await send(wire, '7000:udp', '7001:udp');
      await it.order('filter udp dst port 7001');
      await send(wire, '7000:udp', '7001:udp');
      assert.match(
        await it.order('filter udp and colour red'),
        /cannot compile the capture filter: .* in: udp and colour red/,
      );
      await send(wire, '7000:udp', '7001:udp');
      await it.order('filter ');
      await send(wire, '7000:udp', '7001:udp');
      await it.order('filter udp dst portrange 7000-7001');
      await send(wire, '7001:udp', '7000:udp');
      await it.order('drain 100');
      assert.deepEqual(it.ports(), [7000, 7001, 7001, 7001, 7000]);
    });

    test('what this host sends itself is not captured, save over the loopback, once', async () => {
      await using wire = await Wire.create();
      await using it = await capture(wire, 'udp');
      await wire.server.run(C_KNOCK, '-u', CLIENT, '7000');
      await wire.server.run(C_KNOCK, '-u', '127.0.0.1', '7001');
      await wire.server.run(C_KNOCK, '-u', SERVER, '7002');
      await send(wire, '7003:udp');
      await it.order('drain 100');
      assert.deepEqual(it.ports(), [7001, 7002, 7003]);
    });

    test('an interface that appears later is heard', async () => {
      await using wire = await Wire.create();
      await using it = await capture(wire, 'udp');
      await wire.addPair('late0', 8);
      await wire.client.run(C_KNOCK, '-u', '10.8.0.1', '7000');
      await it.order('drain 100');
      assert.deepEqual(it.ports(), [7000]);
    });

    test('a packet calls back, silence does not, and after the end of the watch nothing does', async () => {
      await using wire = await Wire.create();
      await using it = await capture(wire, 'udp dst portrange 7000-7999');
      await it.order('watch');
      await send(wire, '8000:udp', '7000');
      assert.equal(it.program.count(/^readable$/gm), 0);
      await send(wire, '7000:udp');
      await it.program.saw(/^packet 7000/m);
      const calls = it.program.count(/^readable$/gm);
      assert.ok(calls >= 1);
      // Three turns of the other process and no packet.
      for (let n = 0; n < 3; n++) await it.order('counters');
      assert.equal(it.program.count(/^readable$/gm), calls);
      await it.order('unwatch');
      await send(wire, '7001:udp');
      await it.order('counters');
      assert.equal(it.program.count(/^packet 7001/gm), 0);
      await it.order('drain 10');
      assert.deepEqual(it.ports(), [7000, 7001], 'it is there to be drained');
    });

    test('counters: what was passed and what was lost, since the beginning', async () => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      await using it = await capture(wire, 'udp dst port 7000');
      await send(wire, '7000:udp', '7001:udp', '7000:udp');
      assert.deepEqual(JSON.parse(await it.order('counters')), { passed: 2, dropped: 0 });
      assert.deepEqual(JSON.parse(await it.order('counters')), { passed: 2, dropped: 0 });
      // More than a ring of 16,384 packets holds.
      const flood = directory.file('flood.pl', FLOOD);
      await wire.client.run('perl', flood, SERVER, '7000', '20000');
      const { passed, dropped } = JSON.parse(await it.order('counters')) as {
        passed: number;
        dropped: number;
      };
      assert.equal(passed, 20_002);
      assert.equal(Number(await it.order('drain 100000')) + dropped, 20_002);
      assert.ok(dropped > 3000 && dropped < 4000, `${dropped} dropped`);
      await send(wire, '7000:udp');
      assert.equal(await it.order('drain 100000'), '1', 'it goes on after an overrun');
    });

    test('the close gives the socket and the process back', async () => {
      await using wire = await Wire.create();
      await using it = await capture(wire, 'udp');
      assert.match(await wire.server.run('cat', '/proc/net/packet'), /\n/);
      await it.order('watch');
      await it.order('unwatch');
      await it.order('close');
      assert.equal((await wire.server.run('cat', '/proc/net/packet')).trim().split('\n').length, 1);
    });
  });
}

const FLOOD = `
use Socket;
my ($host, $port, $count) = @ARGV;
socket(my $socket, PF_INET, SOCK_DGRAM, 0) or die;
my $to = pack_sockaddr_in($port, inet_aton($host));
for (1 .. $count) { send($socket, "x", 0, $to) == 1 or die "$!"; }
`;

describe('filters of libpcap', () => {
  test('an expression that is wrong is an error with its words', () => {
    assert.throws(
      () => compileFilter('tcp port', 160),
      /libpcap cannot compile the capture filter: .+ in: tcp port/,
    );
  });
  test('an empty one passes nothing: one instruction that returns 0', () => {
    assert.deepEqual(compileFilter('', 160), {
      bytes: new Uint8Array([6, 0, 0, 0, 0, 0, 0, 0]),
      instructions: 1,
    });
  });
});
