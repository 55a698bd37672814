export interface IsoInfo {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly version: string;
  readonly buildNumber: number;
  readonly gitCommit: string | null;
  readonly buildDate: string | null;
}
export async function readIsoInfo(_path: string): Promise<IsoInfo> {
  throw new Error('stub');
}
