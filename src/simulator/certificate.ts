import {X509Certificate} from 'node:crypto';
import {generate} from 'selfsigned';

/** A certificate of its own making, for the loopback names. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** SHA-256, upper case, with colons. */
  readonly thumbprint: string;
}

/** Makes a key and a certificate for a server on this machine. */
export async function makeCertificate(host: string): Promise<Certificate> {
  const {private: key, cert} = await generate([{name: 'commonName', value: 'localhost'}], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      {name: 'basicConstraints', cA: true},
      {name: 'keyUsage', digitalSignature: true, keyCertSign: true},
      {name: 'extKeyUsage', serverAuth: true},
      {
        name: 'subjectAltName',
        altNames: [
          {type: 2, value: 'localhost'},
          ...[...new Set(['127.0.0.1', host])].map((ip) => ({type: 7, ip}) as const),
        ],
      },
    ],
  });
  return {key, cert, thumbprint: new X509Certificate(cert).fingerprint256};
}
