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

/** Raw values that vSphere may have, whatever a plugin expects; most have no blank. */
const ODD_VALUES: readonly string[] = [
  ...['', ' ', ' lead', 'trail ', 'tab\tinside', 'two\nlines', 'emoji 😀🐳', 'e\u0301', LONG],
  ...`<nil> | a|b|c = A=1|B=2 / % $& "'\\ __proto__ 名前`.split(' '),
  ...'0 -1 007 1.5 1485907200 9223372036854775807 9223372036854775808'.split(' '),
  ...'true null {} [] {"a": <![CDATA[x]]> <a>&amp;'.split(' '),
  ...'host:5000/path https://host.example/path https://user:secret@host.example:8443/'.split(' '),
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
  const make = (name: string, values: ExtraConfig, dataVersion = version): Sample => ({
    name,
    config: Object.freeze({...STRANGERS, ...versioned(plugin, dataVersion), ...values}),
    long: Object.values(values).includes(LONG),
  });
  const versions = [undefined, '0', '3', '9', '10'].filter((text) => Number(text ?? 0) < plugin.version);
  const version = versions.at(-1);
  const usual = mapOf(all, USUAL);
  return [
    make('every declared key absent', {}),
    ...versions.map((each) => make(`data version ${each ?? 'absent'}`, usual, each)),
    ...ODD_VALUES.flatMap((value) => [
      make(`${show(value)} in every declared key`, mapOf(all, value)),
      ...(read.length === 0 ? [] : [make(`${show(value)} in every key of reads alone`, mapOf(read, value))]),
      ...all.map((key) => make(`${show(value)} in ${key}`, {...usual, [key]: value})),
    ]),
    ...all.map((key) => {
      const {[key]: _absent, ...others} = usual;
      return make(`${key} absent`, others);
    }),
  ];
}

/** The ExtraConfig of an example. If it names no data version, it gets the one that your own plugins expect. */
export function exampleConfig(plugin: Plugin, config: ExtraConfig): ExtraConfig {
  const version = plugin.version > HIGHEST_DATA_VERSION ? String(HIGHEST_DATA_VERSION) : undefined;
  return {...versioned(plugin, version), ...config};
}

function versioned({target}: Plugin, version: string | undefined): ExtraConfig {
  return version === undefined ? {} : {[DATA_VERSION_KEY[target]]: version};
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
