// node test/lab/pictures.ts: makes the pictures of the README, docs/web-*.png and docs/watch.png, of a real daemon with real
// knocks in namespaces of its own. Needs root.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { askDaemon } from '../../src/app/ask/ask-daemon.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { BUSSA } from '../netns/up-fixture.ts';
import { WebFixture } from '../netns/web-fixture.ts';
import { addAddresses, SERVER } from './wire.ts';

const DOCS = join(import.meta.dirname, '../../docs');

const CONFIG = `[ssh]
  sequence    = 7000,8000,9000
  seq_timeout = 60
  tcpflags    = syn
  open        = tcp/22
  open_for    = 300

[admin-web]
  sequence    = 7100,8100,9100,9200
  seq_timeout = 60
  tcpflags    = syn
  open        = tcp/443
  open_for    = 900
`;

const SIZE = { width: 1280, height: 960 };

await using stage = await WebFixture.create(CONFIG);
const { client, server, directory } = stage.control;
const choice = { stateDirectory: directory.path };
const people = ['10.7.0.23', '10.7.0.48', '10.7.0.91', '10.7.0.117', '10.7.0.140'];
await addAddresses(client, 'eth0', ...people);

const knock = async (from: string, ...ports: readonly number[]): Promise<void> => {
  for (const port of ports) {
    await client.status('timeout', '0.2', 'nc.openbsd', '-z', '-s', from, SERVER, `${port}`);
  }
};
const [one = '', two = '', three = '', four = '', five = ''] = people;
const opened = await askDaemon(choice, { verb: 'open', door: 'ssh', ip: parseAddress(five) as Address });
if (opened.kind !== 'answer') throw new Error(opened.message);
await knock(one, 7000, 8000, 9000);
await knock(two, 7100, 8100, 9100, 9200);
await knock(three, 7000, 9000);
await knock(four, 7100, 8100);
await askDaemon(choice, { verb: 'close', door: 'ssh', ip: parseAddress(five) as Address });
const { page } = await stage.open({ viewport: SIZE });
await page.getByRole('region', { name: 'Knocks in progress' }).getByText('2 of 4').waitFor();
await knock(four, 9100);
await page.getByRole('region', { name: 'Knocks in progress' }).getByText('3 of 4').waitFor();
await delay(2000);
await page.screenshot({ path: join(DOCS, 'web-light.png') });
await page.getByLabel('Colours').selectOption('dark');
await delay(1500);
await page.screenshot({ path: join(DOCS, 'web-dark.png') });

const tmux = (...words: readonly string[]): string =>
  execFileSync('ip', ['netns', 'exec', server.name, 'tmux', '-S', join(directory.path, 'tmux'), ...words], {
    encoding: 'utf8',
  });
tmux('new-session', '-d', '-x', '90', '-y', '24', `${BUSSA} watch --state ${directory.path}`);
await delay(4000);
const text = tmux('capture-pane', '-p', '-t', '0');
tmux('kill-server');
const terminal = await stage.open({ viewport: { width: 800, height: 520 } });
await terminal.page.goto('about:blank');
await terminal.page.evaluate(
  `document.body.style.cssText = 'margin:0;background:#14161a';
   const pre = document.body.appendChild(document.createElement('pre'));
   pre.textContent = ${JSON.stringify(text)};
   pre.style.cssText = 'margin:16px;color:#e8eaee;font:14px/1.4 DejaVu Sans Mono,monospace'`,
);
await terminal.page.screenshot({ path: join(DOCS, 'watch.png') });
