import {VchError} from '../../../errors.js';
import {localCommand} from '../../command.js';
import {EXIT} from '../../exit.js';
import {text, texts} from '../../option.js';
import {logOptions} from '../../options.js';
import {databaseOptions, FLEET} from './options.js';

/** The page of a run, live. */
export const fleetServe = localCommand({
  name: 'fleet serve',
  group: FLEET,
  summary: 'Show a run as a live page in the browser; who has the token that it prints may approve there',
  positionals: [{name: 'RUN', optional: true}],
  options: {
    ...databaseOptions,
    listen: text('Command:', 'HOST:PORT to listen on (default 127.0.0.1, any free port)'),
    'public-host': texts(
      'Command:',
      'NAME[:PORT] of a proxy before the page; addresses and localhost need none (repeatable)',
      {value: 'NAME'},
    ),
    ...logOptions,
  },
  examples: [
    ['fleet serve --listen 127.0.0.1:8480', 'http://127.0.0.1:8480/ until Ctrl-C'],
    ['fleet serve --listen 127.0.0.1:8480 --public-host fleet.example', 'behind a proxy with TLS'],
  ],
  async run(context, {args: [word = ''], own}) {
    const [{randomBytes}, {withSource}, {findRun}, {reportOfRun, vchPage}, {serveRun}] = await Promise.all([
      import('node:crypto'),
      import('../../fleet/open-fleet.js'),
      import('../../../fleet/view.js'),
      import('../../fleet/follow.js'),
      import('../../../fleet/serve.js'),
    ]);
    const [, host = '127.0.0.1', port = '0'] = /^(.+):(\d{1,5})$/.exec(own.listen ?? '127.0.0.1:0') ?? [];
    if ((own.listen !== undefined && !/^.+:\d{1,5}$/.test(own.listen)) || Number(port) > 65_535)
      throw new VchError(
        'VCH_ERR_USAGE',
        '--listen must be HOST:PORT with a port up to 65535, such as 127.0.0.1:8480',
      );
    const plainHost = host.replace(/^\[|\]$/g, '');
    if (!/^(127\.|localhost$|::1$)/.test(plainHost))
      context.log.warn(
        `the page on ${plainHost} is not encrypted: put a proxy with TLS before it, or use an SSH tunnel`,
      );
    return withSource(own, context, async (source, line) => {
      const run = await source.use((database) => findRun(database, word === '' ? undefined : word));
      const token = randomBytes(18).toString('base64url');
      const server = await serveRun({
        ...{source, run, token, publicHosts: own['public-host']},
        report: (database) => reportOfRun({database, line}, context, run, 200),
        page: (key) => source.use((database) => vchPage({database, line}, run, key)),
        host: plainHost,
        port: Number(port),
      });
      try {
        await context.terminal.out(`${server.url}\n`);
        context.terminal.errors.write(`to approve there: ${server.url}#token=${token}\n`);
        const {signal} = context.stop;
        if (!signal.aborted)
          await new Promise<void>((resolve) =>
            signal.addEventListener('abort', () => resolve(), {once: true}),
          );
      } finally {
        await server.close();
      }
      return EXIT.done;
    });
  },
});
