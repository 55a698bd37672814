import type {AnyOutcome} from '../containers/outcome.js';
import {printable} from '../report/printable.js';
import type {PreparedReport, ReadyRun} from './command.js';
import type {Stop} from './stop.js';
import type {Terminal} from './terminal.js';

/** What a person should know of before saying yes. */
const NOT_WRITTEN = ['conflict', 'refused', 'failed', 'unreachable', 'skipped'] as const;

/** Asks a person before the first write, and remembers the answer. */
export interface Confirmation {
  readonly ask: (planned: AnyOutcome) => Promise<boolean>;
  /** Asks whether to go on when the canaries are changed. */
  readonly goOn: (canaries: number, left: number) => Promise<boolean>;
  readonly declined: () => boolean;
}

/** The question before a command writes: which target, which VCH, how many VMs, and what becomes of the appliance. */
export function confirmation(
  {name: command, asksForName}: Pick<PreparedReport, 'name' | 'asksForName'>,
  question: ReadyRun['question'],
  url: string,
  terminal: Pick<Terminal, 'ask'>,
  stop: Stop,
): Confirmation {
  let declined = false;
  return {
    async ask(planned) {
      const {vch} = planned;
      const vms = planned.vms.filter(({kind}) => kind === 'container');
      const of = (status: string) => vms.filter((vm) => vm.status === status).length;
      const pending = of('pending');
      const whole = question(planned);
      if (pending === 0 && whole === undefined) return true;
      const name = printable(vch.name);
      const left = NOT_WRITTEN.filter((status) => of(status) > 0).map(
        (status) => `, ${of(status)} ${status}`,
      );
      const answer = await terminal.ask(
        `${command} on VCH ${name} (${vch.id}) of ${url}: ` +
          `${whole ?? ''}${pending} of ${vms.length} containerVMs will be changed${left.join('')}. ` +
          (asksForName ? `To go on, type the name of the VCH (${name}): ` : 'Go on? [y/N] '),
        stop.signal,
      );
      const agreed = asksForName ? answer.trim() === name.trim() : isYes(answer);
      // A signal during the question is an interruption, not an answer.
      declined = !agreed && !stop.signal.aborted;
      return !declined && !stop.signal.aborted;
    },
    async goOn(canaries, left) {
      const answer = await terminal.ask(
        `${canaries === 1 ? 'The canary is' : `${canaries} canaries are`} changed and verified. Go on with the other ${left}? [y/N] `,
        stop.signal,
      );
      return isYes(answer) && !stop.signal.aborted;
    },
    declined: () => declined,
  };
}

function isYes(answer: string): boolean {
  return /^\s*y(es)?\s*$/i.test(answer);
}
