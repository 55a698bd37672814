import {decodeValue} from './value.js';

/** A data version as it was read; a number, or what stands there instead. */
export type DataVersion =
  | {readonly status: 'valid'; readonly version: number}
  | {readonly status: 'invalid'; readonly raw: string};

/** A data version as VIC stores it: absent, empty and `<nil>` are 0, and only plain decimals are numbers. */
export function parseDataVersion(raw: string | undefined): DataVersion {
  const text = decodeValue(raw ?? '');
  if (text === '') return {status: 'valid', version: 0};
  if (/^(0|[1-9]\d*)$/.test(text))
    return {status: 'valid', version: Math.min(Number(text), Number.MAX_SAFE_INTEGER)};
  return {status: 'invalid', raw: text};
}
