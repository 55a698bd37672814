import {once} from 'node:events';
import {connect, createServer, type Socket} from 'node:net';

/** A port in front of a server, which can be taken away and given back. */
export interface Forwarder extends AsyncDisposable {
  readonly port: number;
  away: boolean;
  /** From now on nothing comes through the connections that are open, and they do not end; new ones work. */
  silence(): void;
}

/** Forwards a port of this machine; while it is away, connections end. */
export async function startForwarder(to: number): Promise<Forwarder> {
  const open = new Set<Socket>();
  let away = false;
  const server = createServer((client) => {
    if (away) return void client.resetAndDestroy();
    const upstream = connect(to, '127.0.0.1');
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
      socket.on('error', () => undefined);
    }
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    get away() {
      return away;
    },
    set away(value) {
      away = value;
      if (value) for (const socket of open) socket.resetAndDestroy();
    },
    silence() {
      for (const socket of open) socket.unpipe().pause();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
