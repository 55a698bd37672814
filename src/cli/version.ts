import {readFileSync} from 'node:fs';

/** The version of this package, from the manifest it was installed with. */
export function toolVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new Error('package.json holds no version');
}
