import {type Action, containersFigure, type Figure, runFigure} from './figures.js';
import type {Report} from './report.js';
import {overCopy} from './verdict-of-rehearsal.js';
import {overVch} from './verdict-of-upgrade.js';
import {overVms} from './verdict-of-vms.js';
import type {Remark, Tone} from './vm-words.js';
import {handCommands} from './way-back.js';

/** What a report says first: what happened, and what to do. */
export interface Verdict {
  readonly tone: Tone;
  /** A person is needed now. */
  readonly urgent: boolean;
  /** Without a full stop. */
  readonly sentence: string;
  /** Whole sentences; may be empty. */
  readonly reason: string;
  /** What else the reader may fear; at most three. */
  readonly pills: readonly Remark[];
  readonly numbers: readonly Figure[];
  readonly actions: readonly Action[];
}

/** What a report says first. It claims nothing that the run has not seen. */
export function verdict(report: Report): Verdict {
  const {upgrade, rehearsal} = report;
  const {
    tone,
    urgent = false,
    sentence,
    reason,
    pills,
    numbers,
  } = rehearsal !== undefined
    ? overCopy(report, rehearsal)
    : upgrade === undefined
      ? overVms(report)
      : overVch(report, upgrade);
  return {
    tone,
    urgent,
    sentence,
    reason: reason.filter((part) => part !== '').join(' '),
    pills: pills.slice(0, 3),
    numbers: [...numbers, runFigure(report), ...containersFigure(report)],
    actions: [...seeDocker(report), ...actionsOf(report), ...(urgent ? byHand(report) : [])],
  };
}

/** What to do next. Older reports have it as a sentence, whose commands are at its end or before an "or". */
export function actionsOf({actions: told, next}: Pick<Report, 'actions' | 'next'>): readonly Action[] {
  if (told !== undefined) return told;
  return next.split(/; or (?=.*vch-migrate )/s).map((part) => {
    const [, text = '', command] = /^(?:(.*)(?:: |, then ))?(vch-migrate [^;]+)$/s.exec(part) ?? [];
    return command === undefined ? {text: part, command: null} : {text, command};
  });
}

/** Whether docker answers on a VCH that was put back, where the run could not tell. */
function seeDocker({upgrade, findings}: Report): readonly Action[] {
  const finding = findings.find(({code}) => code === 'docker-not-reached');
  const [, host, port] = /docker endpoint ([\w.-]+):(\d+)/.exec(finding?.message ?? '') ?? [];
  if (upgrade?.result !== 'as-before' || host === undefined) return [];
  return [
    {
      text: 'See that docker answers, on a machine that reaches it',
      command: `docker -H ${host}:${port}${port === '2376' ? ' --tls' : ''} info`,
    },
  ];
}

/** The way back by hand, for the case that nothing else helps. */
function byHand({upgrade, actions: told = []}: Report): readonly Action[] {
  const commands = handCommands(upgrade?.card ?? []);
  const known = told.some(({command}) => command !== null && commands.includes(command.split('\n')[0] ?? ''));
  if (commands.length === 0 || known) return [];
  return [{text: 'If that fails, put the appliance back by hand', command: commands.join('\n')}];
}
