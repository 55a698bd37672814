/** The forms a report can take. */
export const FORMATS = ['text', 'json', 'ndjson', 'markdown', 'html', 'junit', 'csv'] as const;

export type Format = (typeof FORMATS)[number];

const ENDINGS: Readonly<Record<string, Format>> = {
  '.txt': 'text',
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.md': 'markdown',
  '.html': 'html',
  '.xml': 'junit',
  '.csv': 'csv',
};

/** The endings of file names that say a form, for messages. */
export const FORMAT_ENDINGS: readonly string[] = Object.keys(ENDINGS);

/** Tells the name of a form from any other word. */
export function isFormat(word: string): word is Format {
  return FORMATS.some((format) => format === word);
}

/** The form that the name of a file asks for. */
export function formatOfFile(path: string): Format | undefined {
  const [ending] = /\.[a-z]+$/i.exec(path) ?? [];
  return ending === undefined ? undefined : ENDINGS[ending.toLowerCase()];
}
