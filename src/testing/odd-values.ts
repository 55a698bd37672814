import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {DATA_VERSION_KEY, isPattern} from '../extraconfig/keys.js';
import {HIGHEST_DATA_VERSION} from '../migration/data-version.js';
import type {Plugin} from '../migration/plugin.js';

/** An ExtraConfig to try a plugin on. */
export interface Sample {
  /** What is odd about it, for messages. */
  readonly name: string;
  readonly config: ExtraConfig;
  /** A value in it has 64 KiB, which is too much for a ledger that has to keep it. */
  readonly long: boolean;
}

const USUAL = 'blue-web';
const LONG = 'x'.repeat(65_536);

/** Raw values that vSphere may have, whatever a plugin expects. */
const ODD_VALUES: readonly string[] = [
  '',
  '<nil>',
  ' ',
  ' lead',
  'trail ',
  'tab\tinside',
  'two\nlines',
  '|',
  'a|b|c',
  '=',
  'A=1|B=2',
  '/',
  'host:5000/path',
  'https://host.example/path',
  'https://user:secret@host.example:8443/',
  '0',
  '-1',
  '007',
  '1.5',
  '1485907200',
  '9223372036854775807',
  '9223372036854775808',
  'true',
  'null',
  '{}',
  '[]',
  '{"a":',
  '<![CDATA[x]]>',
  '<a>&amp;',
  '__proto__',
  '%',
  `"'\\`,
  '$&',
  '名前',
  'emoji 😀🐳',
  'e\u0301',
  LONG,
];

/** Keys that no plugin declares, of every kind that vSphere and VIC have. */
const STRANGERS: ExtraConfig = Object.freeze({
  'svga.present': 'TRUE',
  'unknown.example/hidden': 'left alone',
  'guestinfo.unknown.example/visible': '<nil>',
  'unknown.example|0/list~': 'a|b',
});

/** What a plugin may encounter: each declared key absent and with every odd value, alone and together with the others. */
export function samplesFor(plugin: Plugin): readonly Sample[] {
  const written = plugin.keys.flatMap(instances);
  const read = plugin.reads.flatMap(instances);
  const all = [...new Set([...written, ...read])];
  const make = (name: string, values: ExtraConfig, dataVersion: string | null): Sample => ({
    name,
    config: Object.freeze({
      ...STRANGERS,
      ...(dataVersion === null ? {} : {[DATA_VERSION_KEY[plugin.target]]: dataVersion}),
      ...values,
    }),
    long: Object.values(values).includes(LONG),
  });
  const versions = [null, '0', '3', '9', '10'].filter((text) => Number(text ?? 0) < plugin.version);
  const version = versions.at(-1) ?? null;
  const usual = mapOf(all, USUAL);
  const samples = [make('every declared key absent', {}, version)];
  for (const each of versions) samples.push(make(`data version ${each ?? 'absent'}`, usual, each));
  for (const value of ODD_VALUES) {
    samples.push(make(`${show(value)} in every declared key`, mapOf(all, value), version));
    if (read.length > 0)
      samples.push(make(`${show(value)} in every key of reads alone`, mapOf(read, value), version));
    for (const key of all) samples.push(make(`${show(value)} in ${key}`, {...usual, [key]: value}, version));
  }
  for (const key of all) {
    const {[key]: _absent, ...others} = usual;
    samples.push(make(`${key} absent`, others, version));
  }
  return samples;
}

/** The ExtraConfig of an example. If it names no data version, it gets the one that your own plugins expect. */
export function exampleConfig(plugin: Plugin, config: ExtraConfig): ExtraConfig {
  const version = plugin.version > HIGHEST_DATA_VERSION ? String(HIGHEST_DATA_VERSION) : undefined;
  return {...(version === undefined ? {} : {[DATA_VERSION_KEY[plugin.target]]: version}), ...config};
}

function instances(declared: string): readonly string[] {
  return isPattern(declared) ? ['0', 'bridge'].map((word) => declared.replaceAll('*', word)) : [declared];
}

function mapOf(keys: readonly string[], value: string): ExtraConfig {
  return Object.fromEntries(keys.map((key) => [key, value]));
}

function show(value: string): string {
  const text = JSON.stringify(value);
  return text.length <= 50 ? text : `${text.slice(0, 8)}…" (${value.length} characters)`;
}
