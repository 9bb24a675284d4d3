import { fileURLToPath } from 'node:url';
import type { Program } from '../lab/program.ts';
import type { TempDirectory } from '../lab/temp-directory.ts';
import { CLIENT } from '../lab/wire.ts';
import type { RecipeFixture } from './recipe-fixture.ts';

const RECEIVER = fileURLToPath(new URL('../lab/notice-receiver.ts', import.meta.url));
const NAMES = ['ntfy.sh', 'hooks.example.org', 'example.org'];

/** The web servers that the recipes name, at the client, with a certificate that the server trusts; `file`: what they hand out. */
export async function serveHttps(
  stage: RecipeFixture,
  directory: TempDirectory,
  file = '',
): Promise<Program> {
  const [certificate, key] = [directory.file('certificate'), directory.file('key')];
  const names = NAMES.map((name) => `DNS:${name}`).join(',');
  const made = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '30',
  ];
  const named = ['-subj', '/CN=test', '-addext', `subjectAltName=${names}`];
  await stage.wire.client.run('openssl', ...made, ...named, '-keyout', key, '-out', certificate);
  await stage.server.run(
    `cat ${certificate} >>/etc/ssl/certs/ca-certificates.crt; echo '${CLIENT} ${NAMES.join(' ')}' >>/etc/hosts`,
  );
  const args = ['--disable-warning=ExperimentalWarning', RECEIVER, 'https', certificate, key];
  const server = stage.wire.client.start(process.execPath, ...args, ...(file === '' ? [] : [file]));
  await server.saw(/serving/);
  return server;
}
