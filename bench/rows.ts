import type {Row, Run} from './figures.js';

/** Collects the runs of rows, and says what each took. */
export class Rows {
  readonly #rows = new Map<string, {readonly row: Omit<Row, 'runs'>; readonly runs: Run[]}>();
  readonly #tell: (line: string) => void;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  add(row: Omit<Row, 'runs'>, run: Run): void {
    const known = this.#rows.get(row.name) ?? {row, runs: []};
    this.#rows.set(row.name, known);
    known.runs.push(run);
    const {wall, cpu, memory, requests, bytes} = run;
    this.#tell(
      [
        `${row.title}: ${wall.toFixed(wall < 10 ? 3 : 1)} s`,
        ...(cpu === undefined ? [] : [`CPU ${cpu.toFixed(2)} s`]),
        ...(memory === undefined ? [] : [`${Math.round(memory)} MB`]),
        ...(requests === undefined ? [] : [`${requests} requests`]),
        ...(bytes === undefined ? [] : [`${(bytes / 1e6).toFixed(1)} MB received`]),
      ].join(', '),
    );
  }

  get all(): readonly Row[] {
    return [...this.#rows.values()].map(({row, runs}) => ({...row, runs}));
  }
}
