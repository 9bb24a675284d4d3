/**
 * The engine refused, or cannot be reached. `code`: the first word of its error (NOPERM, READONLY …), the name of an
 * errno, a code of OpenSSL, or `TIMEOUT`. `isAnswer`: the engine answered, and the connection continues.
 */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: string;
  readonly isAnswer: boolean;

  constructor(code: string, message: string, isAnswer = false) {
    super(message);
    this.code = code;
    this.isAnswer = isAnswer;
  }
}

/** Describes an error of a socket or of TLS: what failed, and what to do. */
export function connectError(where: string, error: unknown): EngineError {
  if (error instanceof EngineError) {
    const { code, message, isAnswer } = error;
    return message.startsWith(where) ? error : new EngineError(code, `${where}: ${message}`, isAnswer);
  }
  const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException;
  const remedy = REMEDIES[code];
  return new EngineError(code, `${where}: ${remedy ?? message}`);
}

const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there, or a firewall refuses (ECONNREFUSED)',
  EHOSTUNREACH: 'there is no way to that host (EHOSTUNREACH)',
  ENETUNREACH: 'there is no way to that network (ENETUNREACH)',
  ENOTFOUND: 'the name is not known (ENOTFOUND): see DNS or /etc/hosts',
  EAI_AGAIN: 'the name cannot be looked up (EAI_AGAIN): DNS does not answer',
  ENOENT: 'there is no such socket (ENOENT)',
  EACCES: 'this user may not open the socket (EACCES): put it into the group of the socket',
  ECONNRESET:
    'the engine has hung up (ECONNRESET): it may want a client certificate (client.pem and client.key), or speak no TLS on that port',
  EPIPE: 'the engine has hung up (EPIPE)',
  ERR_SSL_WRONG_VERSION_NUMBER: 'that port speaks no TLS: name the TLS port of the engine',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'that port speaks no TLS: name the TLS port of the engine',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'the engine wants a client certificate: put client.pem and client.key into the directory of the engine',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the engine does not trust the authority that signed client.pem',
  SELF_SIGNED_CERT_IN_CHAIN: "the authority of the engine's certificate is not trusted: put it into ca.pem",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the engine's certificate is signed by itself: put it into ca.pem",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the authority of the engine's certificate is not trusted: put it into ca.pem",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the authority of the engine's certificate is not trusted: put it into ca.pem",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the engine's certificate is for other names: write one of them in engine = (see openssl x509 -ext subjectAltName), or make a certificate with this one",
  CERT_HAS_EXPIRED: "the engine's certificate is out of date, or this host's clock is wrong",
  CERT_NOT_YET_VALID: "the engine's certificate is not valid yet, or this host's clock is wrong",
};

/** Describes the engine's answer to a command that it refuses. */
export function answerError(command: string, message: string): EngineError {
  const [code = 'ERR'] = message.split(' ', 1);
  const remedy = ANSWER_REMEDIES[code];
  return new EngineError(code, `${command}: ${message}${remedy === undefined ? '' : `: ${remedy}`}`, true);
}

/** Remedies, by the first word of the answer. */
const ANSWER_REMEDIES: Readonly<Record<string, string>> = {
  NOPERM:
    "the engine's rules for this user lack something: `bussa fleet init` has printed the line for users.acl",
  OOM: 'the engine has no memory left: raise its maxmemory, or remove what else it holds',
  MISCONF: 'the engine cannot write to its disk: make room there',
  NOREPLICAS: 'its replicas are away (min-replicas-to-write): bring one back',
  WRONGTYPE: 'something else is under that name: delete it there',
};
