import type {IsoInfo} from './iso-info.js';
export function isoFileName(info: IsoInfo, kind: string): string {
  return `${info.version}-${info.buildNumber}-${info.gitCommit}-${info.sha256.slice(0, 8)}-${kind}.iso`;
}
