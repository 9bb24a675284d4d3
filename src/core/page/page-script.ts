/**
 * The script of the page. A knock is a WebSocket that is closed again: for one, Chromium sends one SYN. For an aborted
 * `fetch` it sends a second SYN after 250 ms from another port, and the kernel repeats both for minutes: at a host that
 * drops packets, the repetitions of one run spoil the next. `wss:` works whatever listens, because a SYN is a SYN, and
 * an https page may not use `ws:`.
 */
export const PAGE_SCRIPT = `'use strict';
(() => {
const plan = JSON.parse(document.getElementById('plan').textContent);
const form = document.getElementById('form');
const button = document.getElementById('knock');
const code = document.getElementById('code');
const status = document.getElementById('status');
const go = document.getElementById('go');

const FIRST_MS = 1500; // the host's name may have to be looked up
const NEXT_MS = 450;
const LAST_MS = 1800;
const TRIES = 6;
const TRY_MS = 2000;
const PERIOD_S = 30;

let runs = 0;
let blocked = '';
document.addEventListener('securitypolicyviolation', (event) => {
  blocked = event.blockedURI;
});

const say = (text) => {
  status.textContent = text;
};
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Until the port has answered, as one that is closed does at once, or this time is over. */
function knock(port, ms) {
  return new Promise((resolve) => {
    const socket = new WebSocket('wss://' + plan.host + ':' + port + '/');
    const end = () => {
      clearTimeout(timer);
      socket.onopen = socket.onclose = null;
      socket.close();
      resolve();
    };
    const timer = setTimeout(end, ms);
    socket.onopen = socket.onclose = end;
  });
}

/** Whether a web server answers there. */
async function answers(url) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TRY_MS);
  try {
    await fetch(url, {
      mode: 'no-cors',
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: stop.signal,
    });
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function base32(text) {
  let bits = '';
  for (const char of text) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0');
  return Uint8Array.from(bits.match(/.{8}/g), (byte) => Number.parseInt(byte, 2));
}

/** RFC 6238, as authenticator apps do it. */
async function makeCode() {
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(Math.floor(Date.now() / 1000 / PERIOD_S)));
  const algorithm = { name: 'HMAC', hash: 'SHA-1' };
  const key = await crypto.subtle.importKey('raw', base32(plan.secret), algorithm, false, ['sign']);
  const hash = new DataView(await crypto.subtle.sign('HMAC', key, counter.buffer));
  const word = hash.getUint32(hash.getUint8(19) & 15) & 0x7fffffff;
  return String(word % 1000000).padStart(6, '0');
}

const makesCode = () => plan.secret !== undefined && globalThis.crypto?.subtle !== undefined;

/** The ports, or undefined after words of what is wrong. */
async function portsToKnock() {
  if (plan.ports !== undefined) return plan.ports;
  const digits = makesCode() ? await makeCode() : code.value.replace(/[^0-9]/g, '');
  if (digits.length !== 6) {
    say('Type the six digits that the app on your phone shows.');
    code.focus();
    return undefined;
  }
  const ports = [plan.prefixes[0] + digits.slice(0, 3), plan.prefixes[1] + digits.slice(3)].map(Number);
  if (!ports.some((port) => plan.refused.includes(port))) return ports;
  say('No browser sends anything to a port of this code. Wait for the next code.');
  return undefined;
}

async function knockAll(ports) {
  // After a failure, Firefox holds back the next socket to the same port, each time longer (RFC 6455, § 7.2.3).
  const patience = Math.min(NEXT_MS * 2 ** runs++, LAST_MS);
  for (const [i, port] of ports.entries()) {
    say('Knocking ' + (i + 1) + ' of ' + ports.length + '…');
    await knock(port, Math.max(i === 0 ? FIRST_MS : 0, patience));
    if (blocked !== '') return false;
  }
  return true;
}

async function openLink() {
  const url = new URL(plan.link);
  const isWeb = url.protocol === 'http:' || url.protocol === 'https:';
  if (!isWeb) return say('Knocked. Open: go to ' + plan.link);
  // A page of https may not ask by http, but may go there.
  if (url.protocol === 'http:' && location.protocol === 'https:') {
    await wait(700);
    say('Knocked. Open: go to ' + plan.link);
    return location.assign(plan.link);
  }
  for (let i = 0; i < TRIES; i++) {
    say('Knocked. Waiting for ' + plan.link + '…');
    if (await answers(plan.link)) {
      say('Open: go to ' + plan.link);
      return location.assign(plan.link);
    }
    await wait(500);
  }
  say('Knocked, but ' + plan.link + ' does not answer this page. If it has a certificate of its own, go there all the same; else knock again.');
}

async function run() {
  if (navigator.onLine === false) return say('This device is offline. Connect it first, then knock.');
  const ports = await portsToKnock();
  if (ports === undefined) return;
  go.hidden = true;
  blocked = '';
  if (!(await knockAll(ports))) return say('This browser refuses to send to ' + blocked + '. Try another browser, or open the page from a file.');
  if (code !== null) code.value = '';
  go.hidden = plan.link === undefined;
  if (plan.link !== undefined) return openLink();
  say(plan.port === undefined ? 'Knocked.' : 'Knocked. Connect to port ' + plan.port + ' of ' + plan.name + ' now.');
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (button.disabled) return;
  button.disabled = true;
  run()
    .catch((error) => say('This browser cannot knock: ' + error.message))
    .finally(() => {
      button.disabled = false;
    });
});

if (code !== null && makesCode()) document.getElementById('typed').hidden = true;
else if (code !== null) code.focus();
if (plan.secret !== undefined && !makesCode()) say('From here, this browser makes no codes: type it, or open the page from a file or by https.');
button.disabled = false;
})();
`;
