import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { CaptureDamage, CapturedPacket } from '../../src/core/packet/capture-record.ts';
import { type CaptureFile, openCaptureFile } from '../../src/host/capture/open-capture-file.ts';
import {
  block,
  concat,
  enhancedBlock,
  hex,
  interfaceBlock,
  pcapHeader,
  pcapRecord,
  sectionBlock,
} from '../lab/capture-bytes.ts';

const MODULE = new URL('../../src/host/capture/open-capture-file.ts', import.meta.url).href;

/** Prints each packet's length and each damage; exits with 1 and the message if the file cannot be opened. */
const PRINTER = `
  import { openCaptureFile } from '${MODULE}';
  try {
    const file = await openCaptureFile(process.argv[1]);
    for await (const item of file.packets()) console.log(item.kind === 'packet' ? item.bytes.length : item.reason);
  } catch (error) {
    console.log(error.name + ': ' + error.message);
  }
`;

let directory = '';
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'bussa-capture-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

function write(name: string, bytes: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

async function lengths(path: string): Promise<string[]> {
  const said: string[] = [];
  const file = await openCaptureFile(path);
  for await (const item of file.packets()) {
    said.push(item.kind === 'packet' ? `${item.bytes.length}` : `${item.offset}: ${item.reason}`);
  }
  return said;
}

async function everyPacket(file: CaptureFile): Promise<(CapturedPacket | CaptureDamage)[]> {
  const items: (CapturedPacket | CaptureDamage)[] = [];
  for await (const item of file.packets()) items.push(item);
  return items;
}

/** Where the descriptors of this process lead. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // The descriptor of the directory itself is closed now.
      return [];
    }
  });
}

/** Records of very different lengths, over several of the pieces that a file is read in. */
const LENGTHS = Array.from({ length: 120 }, (_, i) => (i * 7919) % 60_000);
const PCAP = concat(
  pcapHeader('little'),
  ...LENGTHS.map((length, i) => pcapRecord('little', i, 0, new Uint8Array(length))),
);

describe('a capture file', () => {
  test('longer than what is read at once', async () => {
    assert.ok(PCAP.length > 3 * 1024 * 1024);
    assert.deepEqual(await lengths(write('long.pcap', PCAP)), LENGTHS.map(String));
  });

  test('a pcapng block longer than what is read at once', async () => {
    const file = concat(
      sectionBlock('big'),
      interfaceBlock('big', 101, 0),
      block('big', 0x0bad, new Uint8Array(5 * 1024 * 1024)),
      enhancedBlock('big', 0, 0n, hex('45000000')),
    );
    assert.deepEqual(await lengths(write('long.pcapng', file)), ['4']);
  });

  test('cut off in a later piece: the place is that in the file', async () => {
    const last = PCAP.length - 16 - (LENGTHS.at(-1) as number);
    const cut = PCAP.subarray(0, last + 10);
    assert.deepEqual(await lengths(write('cut.pcap', cut)), [
      ...LENGTHS.slice(0, -1).map(String),
      `${last}: the file ends inside a record, at least 6 bytes too early`,
    ]);
  });

  test('damaged in a later piece', async () => {
    const file = concat(PCAP, hex('00000000 00000000 ffffffff ffffffff'), PCAP);
    const said = await lengths(write('damaged.pcap', file));
    assert.equal(said.length, LENGTHS.length + 1);
    assert.match(said.at(-1) ?? '', new RegExp(`^${PCAP.length}: a packet of 4294967295 bytes`));
  });

  test('a reader that stops early leaves nothing open', async () => {
    const path = write('early.pcap', PCAP);
    const file = await openCaptureFile(path);
    for await (const _first of file.packets()) {
      assert.ok(openFiles().includes(path));
      break;
    }
    assert.ok(!openFiles().includes(path));
    assert.deepEqual(await everyPacket(file), []);
  });

  test('bytes of an earlier packet stay what they were', async () => {
    const records = Array.from({ length: 3000 }, (_, i) =>
      pcapRecord('little', i, 0, new Uint8Array(1000).fill(i)),
    );
    const file = await openCaptureFile(write('kept.pcap', concat(pcapHeader('little'), ...records)));
    const kept = await everyPacket(file);
    for (const [i, item] of kept.entries()) {
      assert.ok(item.kind === 'packet');
      assert.ok(item.bytes.every((byte) => byte === (i & 255)));
    }
    assert.equal(kept.length, 3000);
  });
});

describe('a capture on standard input', () => {
  /** What PRINTER says when `feed` writes to it. */
  async function printed(
    feed: (write: (bytes: Uint8Array) => void) => void | Promise<void>,
  ): Promise<string[]> {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', PRINTER, '-'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      const output = child.stdout.setEncoding('utf8').toArray() as Promise<string[]>;
      await feed((bytes) => child.stdin.write(bytes));
      child.stdin.end();
      return (await output).join('').trimEnd().split('\n');
    } finally {
      child.kill('SIGKILL');
    }
  }

  test('through a pipe', async () => {
    assert.deepEqual(await printed((put) => put(PCAP)), LENGTHS.map(String));
  });

  test('in tiny pieces', async () => {
    const small = concat(
      pcapHeader('big'),
      pcapRecord('big', 0, 0, hex('45')),
      pcapRecord('big', 0, 0, hex('6000')),
    );
    const said = await printed(async (put) => {
      for (const byte of small) {
        put(Uint8Array.of(byte));
        await new Promise(setImmediate);
      }
    });
    assert.deepEqual(said, ['1', '2']);
  });

  test('nothing at all', async () => {
    const said = await printed(() => undefined);
    assert.deepEqual(said, ['CaptureFileError: standard input is empty: not a capture file']);
  });
});

describe('what is no capture file is refused with its path and the reason', () => {
  const refused = (path: string, message: RegExp): Promise<void> =>
    assert.rejects(openCaptureFile(path), (error: Error) => {
      assert.equal(error.name, 'CaptureFileError');
      assert.ok(error.message.includes(path), error.message);
      assert.match(error.message, message);
      return true;
    });

  test('no such file', () => refused(join(directory, 'nowhere'), /no such file or directory \(ENOENT\)$/));
  test('a directory', () => refused(directory, /illegal operation on a directory \(EISDIR\)$/));
  test('an empty file', () => refused(write('empty', hex('')), /is empty/));
  test('another format: its first bytes', () => {
    return refused(write('elf', hex('7f454c460201')), /begins with 7f 45 4c 46 \(.*tcpdump -w/);
  });
  test('a shorter file than any magic number', () =>
    refused(write('short', hex('d4c3')), /begins with d4 c3 \(/));
  test('a compressed one', () =>
    refused(write('zipped', hex('1f8b0800')), /begins with 1f 8b 08 00 \(.*gunzip/));
});
