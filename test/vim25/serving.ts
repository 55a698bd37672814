import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer} from 'node:https';
import {makeCertificate} from '../../src/simulator/certificate.js';

/** A server for the time of a callback. */
export async function serving<T>(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  use: (url: URL) => Promise<T>,
): Promise<T> {
  const {key, cert} = await makeCertificate('127.0.0.1');
  const server = createServer({key, cert}, answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('there is no port');
  try {
    return await use(new URL(`https://127.0.0.1:${address.port}/sdk`));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
