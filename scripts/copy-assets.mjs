// What tsc does not emit: the WSDL that the client reads at run time, the style and script of the HTML report, and
// the mode that makes the binary executable.
import {chmodSync, copyFileSync, cpSync, existsSync} from 'node:fs';

const root = new URL('../', import.meta.url);
copyFileSync(new URL('src/vim25/vim25.wsdl', root), new URL('dist/src/vim25/vim25.wsdl', root));
cpSync(new URL('src/report/page/', root), new URL('dist/src/report/page/', root), {recursive: true});
const main = new URL('dist/src/cli/main.js', root);
if (existsSync(main)) chmodSync(main, 0o755);
