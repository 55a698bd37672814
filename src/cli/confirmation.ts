import type {AnyOutcome} from '../containers/outcome.js';
import {printable} from '../report/printable.js';
import type {PreparedReport, ReadyRun} from './command.js';
import type {Stop} from './stop.js';
import type {Terminal} from './terminal.js';

/** Statuses of VMs that will not be written. */
const NOT_WRITTEN = ['conflict', 'refused', 'failed', 'unreachable', 'skipped'] as const;

/** Asks a person before the first write, and remembers the answer. */
export type Confirmation = ReturnType<typeof confirmation>;

/** The question before the first write: target, VCH, number of VMs, and what will happen to the appliance. */
export function confirmation(
  {name: command, asksForName}: Pick<PreparedReport, 'name' | 'asksForName'>,
  applianceQuestion: ReadyRun['question'],
  url: string,
  ask: Terminal['ask'],
  {signal}: Stop,
) {
  let declined = false;
  return {
    async ask(planned: AnyOutcome): Promise<boolean> {
      const vms = planned.vms.filter(({kind}) => kind === 'container');
      const count = (status: string) => vms.filter((vm) => vm.status === status).length;
      const pending = count('pending');
      const appliance = applianceQuestion(planned);
      if (pending === 0 && appliance === undefined) return true;
      const name = printable(planned.vch.name);
      const left = NOT_WRITTEN.filter((status) => count(status) > 0).map(
        (status) => `, ${count(status)} ${status}`,
      );
      const answer = await ask(
        `${command} on VCH ${name} (${planned.vch.id}) of ${url}: ` +
          `${appliance ?? ''}${pending} of ${vms.length} containerVMs will be changed${left.join('')}. ` +
          (asksForName ? `To continue, type the name of the VCH (${name}): ` : 'Continue? [y/N] '),
        signal,
      );
      const agreed = asksForName ? answer.trim() === name.trim() : isYes(answer);
      // A signal during the question is an interruption, not an answer.
      declined = !agreed && !signal.aborted;
      return !declined && !signal.aborted;
    },
    /** Asks whether to write the other VMs, too, once the canaries are verified. */
    async goOn(canaries: number, left: number): Promise<boolean> {
      const answer = await ask(
        `${canaries === 1 ? 'The canary is' : `${canaries} canaries are`} changed and verified. Continue with the other ${left}? [y/N] `,
        signal,
      );
      return isYes(answer) && !signal.aborted;
    },
    declined: () => declined,
  };
}

function isYes(answer: string): boolean {
  return /^\s*y(es)?\s*$/i.test(answer);
}
