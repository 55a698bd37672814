import type {AnyOutcome} from '../containers/outcome.js';
import {printable} from '../report/printable.js';
import type {Connection} from './operations.js';
import type {Stop} from './stop.js';
import type {Terminal} from './terminal.js';
import {vchQuestion} from './vch-question.js';

/** They take the VCH down: the answer is its name, not a letter. */
const ASKS_FOR_NAME: readonly string[] = ['upgrade', 'rollback'];
/** What a person should know of before saying yes. */
const NOT_WRITTEN = ['conflict', 'refused', 'failed', 'unreachable', 'skipped'] as const;

/** Asks a person before the first write, and remembers the answer. */
export interface Confirmation {
  readonly ask: (planned: AnyOutcome) => Promise<boolean>;
  /** Asks whether to go on when the canaries are changed. */
  readonly goOn: (canaries: number, left: number) => Promise<boolean>;
  readonly declined: () => boolean;
}

/** The question before `apply` and `undo` write: which target, which VCH, how many VMs. */
export function confirmation(
  command: string,
  connection: Connection,
  terminal: Terminal,
  stop: Stop,
): Confirmation {
  let declined = false;
  return {
    async ask(planned) {
      const {vch} = planned;
      const vms = planned.vms.filter(({kind}) => kind === 'container');
      const of = (status: string) => vms.filter((vm) => vm.status === status).length;
      const pending = of('pending');
      const whole = vchQuestion(command, planned);
      if (pending === 0 && whole === undefined) return true;
      const left = NOT_WRITTEN.filter((status) => of(status) > 0).map((status) => `${of(status)} ${status}`);
      const name = printable(vch.name);
      const byName = ASKS_FOR_NAME.includes(command);
      const answer = await terminal.ask(
        `${command} on VCH ${name} (${vch.id}) of ${connection.url}: ` +
          `${whole ?? ''}${pending} of ${vms.length} containerVMs will be changed${left.length === 0 ? '' : `, ${left.join(', ')}`}. ` +
          (byName ? `To go on, type the name of the VCH (${name}): ` : 'Go on? [y/N] '),
        stop.signal,
      );
      const agreed = byName ? answer.trim() === name.trim() : isYes(answer);
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
