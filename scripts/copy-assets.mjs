// What tsc does not emit: the WSDL that the client reads at run time, the style and script of the HTML report, and
// the bundled CLI.
import {chmodSync, copyFileSync, cpSync} from 'node:fs';
import {bundle} from './bundle/bundle.mjs';

const root = new URL('../', import.meta.url);
copyFileSync(new URL('src/vim25/vim25.wsdl', root), new URL('dist/src/vim25/vim25.wsdl', root));
cpSync(new URL('src/report/page/', root), new URL('dist/src/report/page/', root), {recursive: true});
await bundle();
chmodSync(new URL('dist/cli/main.js', root), 0o755);
