import {dirname, join} from 'node:path';
import type {AnyOutcome} from '../containers/outcome.js';
import {
  type DoctorResult,
  type Known,
  parseResult,
  refusal,
  resultShape,
  UNKNOWN_SERVER,
} from '../doctor/result.js';
import {systemCode, VchError} from '../errors.js';
import {parseJson} from '../json-shape.js';
import type {Logger} from '../log.js';
import {makeFolder} from '../make-folder.js';
import type {Finding} from '../migration/finding.js';
import {toJson} from '../report/formats/json.js';
import {readTextFile, requiredText} from '../text-file.js';
import type {Session} from '../vim25/session.js';
import {writeWhole} from './result-file.js';
import type {Target} from './target.js';
import type {Terminal} from './terminal.js';

type Variables = Terminal['variables'];

/** Where the last result for a server is kept; `undefined` where there is no home, or the server is not known. A simulator of one run has none. */
export function resultPlace(
  {XDG_STATE_HOME: state, HOME: home}: Variables,
  server: string,
): string | undefined {
  if (server === UNKNOWN_SERVER) return undefined;
  const folder = state?.startsWith('/') ? state : home && join(home, '.local', 'state');
  return folder ? join(folder, 'vch-migrate', 'doctor', `${server}.json`) : undefined;
}

/** Keeps a result for the commands that run on the same server later. A failure is a warning. */
export function keepResult(result: DoctorResult, variables: Variables, log: Logger): void {
  const place = resultPlace(variables, result.server);
  if (place === undefined) return;
  try {
    makeFolder(dirname(place), 0o700);
    writeWhole(place, toJson(withEarlier(result, place)));
  } catch (error) {
    log.warn(`the result could not be kept in ${place} (${systemCode(error)}); name its file with --doctor`);
  }
}

/** What was not tried this time is as it was found before: a look that only reads must not forget what --scratch found. */
function withEarlier(result: DoctorResult, place: string): DoctorResult {
  const kept = readTextFile(place);
  const earlier = kept.status === 'read' ? earlierIn(kept.text) : null;
  if (earlier === null) return result;
  // Each says when it was tried itself.
  const before = new Map(
    earlier.assumptions
      .filter(({status}) => status !== 'not-tried')
      .map((row) => [row.id, {at: earlier.at, ...row}]),
  );
  const assumptions = result.assumptions.map((row) =>
    row.status === 'not-tried' ? (before.get(row.id) ?? row) : row,
  );
  const {clockDifference} = result.measured;
  const measured =
    result.measured.reconfigure === null
      ? {at: earlier.at, ...earlier.measured, clockDifference}
      : result.measured;
  return {...result, assumptions, measured};
}

/** `null` if it is of another release: it is written over. */
function earlierIn(json: string): DoctorResult | null {
  return parseJson(json, resultShape).value;
}

/** Which result a command consults: the named one, or the last one of its target. */
interface Consulting {
  readonly file: string | undefined;
  readonly variables: Variables;
  readonly target: Pick<Target, 'kind'>;
  readonly line: Line;
}

/** Throws if a command stands on something that does not hold on that server: by the named result, or the last one, which it gives. */
export async function assertStands(
  session: Session,
  command: string,
  {file, variables, target, line}: Consulting,
): Promise<Known | undefined> {
  const known = await lastResult(session, file, target.kind === 'simulator' ? {} : variables);
  const refused = known && refusal(known, command);
  if (refused) throw refused(await lookAgain(session, line));
  return known;
}

/** Writes the command line of another command, for the same target. */
type Line = (command: string, vch: null, more: {readonly words: readonly string[]}) => string;

/** The command line that tries everything on VMs of its own, in a place that is there. */
export async function lookAgain(session: Session, line: Line): Promise<string> {
  const {placeWords} = await import('../doctor/scratch-place.js');
  return line('doctor', null, {words: ['--scratch', ...(await placeWords(session))]});
}

/** Throws if what a command has planned takes something that does not hold on that server. */
export async function assertPlanStands(
  session: Session,
  known: Known | undefined,
  command: string,
  {planned, uploads, line}: {readonly planned: AnyOutcome; readonly uploads: boolean; readonly line: Line},
): Promise<void> {
  const refused = known && refusal(known, command, {running: runningIn(planned, command), uploads});
  if (refused) throw refused(await lookAgain(session, line));
}

/**
 * Throws if an upgrade that was played on a copy would be refused on the server itself. `again` makes the command line that
 * looks once more there.
 */
export async function assertPlayStands(
  known: Known | undefined,
  command: string,
  {
    planned,
    uploads,
    again,
  }: {readonly planned: AnyOutcome; readonly uploads: boolean; readonly again: () => Promise<string>},
): Promise<void> {
  if (known === undefined) return;
  const running = runningIn(planned, command);
  const refused = refusal(known, command) ?? refusal(known, command, {running, uploads});
  if (refused) throw refused(await again());
}

function runningIn(planned: AnyOutcome, command: string): readonly string[] {
  const writesAppliance =
    planned.vms.some(({kind}) => kind === 'appliance') || command === 'unlock' || command === 'rename';
  const {name, powerState} = planned.vch;
  const appliance = writesAppliance && powerState === 'poweredOn' ? [name] : [];
  // What brings a VCH up again goes on: a container that takes no write is reported, and read back.
  const isWayUp = (command === 'rollback' || command === 'resume') && appliance.length === 0;
  return isWayUp ? [] : [...appliance, ...runningToWrite(planned)];
}

/** Says which running VMs apply would write, where it must not; `[]` where it may. */
export async function planFindings(
  session: Session,
  known: Known | undefined,
  command: string,
  {planned, line}: {readonly planned: AnyOutcome; readonly line: Line},
): Promise<readonly Finding[]> {
  const running = command === 'plan' ? runningToWrite(planned) : [];
  const refused = known && refusal(known, 'apply', {running, uploads: false});
  if (!refused) return [];
  const {message} = refused(await lookAgain(session, line));
  return [{code: 'needs-power-off', message: message.replace(' Nothing was written.', '')}];
}

function runningToWrite({vms}: AnyOutcome): readonly string[] {
  return vms.flatMap((vm) =>
    vm.kind === 'container' && vm.status === 'pending' && vm.powerState === 'poweredOn'
      ? [vm.displayName]
      : [],
  );
}

/** The result that a command line names, for a copy of that server. A dump that does not say which server it is of fits any. */
export async function resultForCopy(session: Session, file: string, isKnownServer: boolean): Promise<Known> {
  return isKnownServer ? namedResult(file, await digestOf(session)) : namedResult(file);
}

/** Loaded only with a session: the help needs none of it. */
async function digestOf(session: Session): Promise<string> {
  const {serverDigest} = await import('../doctor/server-digest.js');
  return serverDigest(session);
}

async function lastResult(
  session: Session,
  file: string | undefined,
  variables: Variables,
): Promise<Known | undefined> {
  const server = await digestOf(session);
  if (file === undefined) {
    const place = resultPlace(variables, server);
    const kept = place === undefined ? undefined : readTextFile(place);
    return place !== undefined && kept?.status === 'read'
      ? {where: place, result: parseResult(kept.text, place)}
      : undefined;
  }
  return namedResult(file, server);
}

function namedResult(file: string, server?: string): Known {
  const json = requiredText(
    file,
    (why) =>
      new VchError(
        'VCH_ERR_USAGE',
        `--doctor ${file} cannot be read (${why}); name a file that vch-migrate doctor wrote`,
      ),
  );
  const result = parseResult(json, file);
  if (server === undefined || result.server === server) return {where: file, result};
  throw new VchError(
    'VCH_ERR_USAGE',
    `--doctor ${file} is about another vCenter, or another build of it; run vch-migrate doctor here first`,
  );
}
