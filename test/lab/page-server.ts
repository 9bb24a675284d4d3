import { spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';
import type { TempDirectory } from './temp-directory.ts';

const SERVE = `
const { readFileSync } = require('node:fs');
const [, port, file, key, cert] = process.argv;
const answer = (request, response) => response.setHeader('content-type', 'text/html').end(readFileSync(file));
const server = key === undefined
  ? require('node:http').createServer(answer)
  : require('node:https').createServer({ key: readFileSync(key), cert: readFileSync(cert) }, answer);
server.listen(Number(port), '::', () => console.log('serving'));
`;

/** Serves the file at any path, by http, or by https with a certificate. */
export async function servePage(
  namespace: Namespace,
  port: number,
  file: string,
  certificate?: Certificate,
): Promise<Program> {
  const tls = certificate === undefined ? [] : [certificate.key, certificate.cert];
  const program = namespace.start(process.execPath, '-e', SERVE, `${port}`, file, ...tls);
  await program.saw(/serving/);
  return program;
}

export type Certificate = {
  readonly key: string;
  readonly cert: string;
  /** By which Chromium is told to trust this one alone. */
  readonly flag: string;
};

export function makeCertificate(directory: TempDirectory): Certificate {
  const [key, cert] = [directory.file('page.key'), directory.file('page.cert')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const made = spawnSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert]);
  if (made.status !== 0) throw new Error(made.stderr.toString());
  const spki = new X509Certificate(readFileSync(cert)).publicKey.export({ type: 'spki', format: 'der' });
  const hash = createHash('sha256').update(spki).digest('base64');
  return { key, cert, flag: `--ignore-certificate-errors-spki-list=${hash}` };
}
