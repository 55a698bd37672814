// What tsc does not emit: the WSDL that the client reads at run time, and the mode that makes the binary executable.
import {chmodSync, copyFileSync, existsSync} from 'node:fs';

const root = new URL('../', import.meta.url);
copyFileSync(new URL('src/vim25/vim25.wsdl', root), new URL('dist/src/vim25/vim25.wsdl', root));
const main = new URL('dist/src/cli/main.js', root);
if (existsSync(main)) chmodSync(main, 0o755);
