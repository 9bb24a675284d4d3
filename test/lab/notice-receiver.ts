// Servers that print what they are told, run as a program: `notice-receiver.ts https CERTIFICATE KEY [FILE]` on 443, which also
// hands out FILE, and `notice-receiver.ts smtp` on 25.

import { readFileSync } from 'node:fs';
import { createServer as createHttps } from 'node:https';
import { createServer, type Socket } from 'node:net';

const [kind, certificate = '', key = '', file] = process.argv.slice(2);

function serveHttps(): void {
  const options = { cert: readFileSync(certificate), key: readFileSync(key) };
  const server = createHttps(options, async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString();
    console.log(`https ${request.headers.host}${request.url} ${body}`);
    response.end(request.method === 'GET' && file !== undefined ? readFileSync(file) : 'ok');
  });
  server.listen(443, '::', () => console.log('serving'));
}

/** RFC 5321, as far as one client goes that sends one mail. */
function talkSmtp(socket: Socket): void {
  const say = (text: string): boolean => socket.write(`${text}\r\n`);
  let rest = '';
  let mail: string[] | undefined;
  const take = (line: string): void => {
    if (mail === undefined) {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'DATA') mail = [];
      say(verb === 'DATA' ? '354 go on' : verb === 'QUIT' ? '221 bye' : '250 ok');
    } else if (line === '.') {
      console.log(`smtp ${mail.join('|')}`);
      mail = undefined;
      say('250 ok');
    } else mail.push(line);
  };
  say('220 here');
  socket.setEncoding('utf8').on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\r\n');
    rest = lines.pop() ?? '';
    lines.forEach(take);
  });
}

if (kind === 'https') serveHttps();
else createServer(talkSmtp).listen(25, '::', () => console.log('serving'));
