import {setImmediate} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {type Client, createClientAsync, type IHttpClient} from 'soap';
import {VchError} from '../errors.js';
import {faultError, soapFault} from './faults.js';
import type {ConnectOptions} from './http-client.js';
import {failureOfStatus, type HttpClient, type IncomingAnswer, isSoap, STARTING} from './http-client.js';
import {type ManagedObjectReference, refString} from './managed-object.js';
import {
  areEncoded,
  child,
  elementOf,
  escapeText,
  readTree,
  type Streamed,
  type XmlElement,
  xmlElements,
  xmlText,
} from './xml.js';

const WSDL = fileURLToPath(new URL('vim25.wsdl', import.meta.url));

/** Arguments of a vim25 method, by element name in the order of the WSDL. */
export type Arguments = Readonly<Record<string, unknown>>;

/** SOAP calls to one endpoint: takes arguments, gives the answer's tree, and throws a fault as `VchError`. */
export class Transport {
  readonly #client: Client;
  readonly #url: URL;
  readonly #exchanges: Map<string, Exchange>;
  readonly #turns = new Turns();
  #sequence = 0;

  private constructor(client: Client, {url, runId}: ConnectOptions, exchanges: Map<string, Exchange>) {
    this.#client = client;
    this.#url = url;
    this.#exchanges = exchanges;
    client.addSoapHeader(
      () =>
        `<operationID xmlns="urn:vim25">${escapeText(`vch-migrate-${runId}-${this.#sequence}`)}</operationID>`,
    );
  }

  /** Creates the client from our WSDL; nothing is sent yet. */
  static async create(options: ConnectOptions, http: HttpClient): Promise<Transport> {
    const exchanges = new Map<string, Exchange>();
    const httpClient = soapHttpClient(http, options.url, exchanges, withoutPassword(options.password));
    const client = await createClientAsync(WSDL, {endpoint: options.url.href, httpClient});
    // `soap` leaves it out, and values of the type `xsd:string` name it. govmomi does without, as long as servers allow it.
    client.wsdl.xmlnsInEnvelope = ' xmlns:vim25="urn:vim25" xmlns:xsd="http://www.w3.org/2001/XMLSchema"';
    return new Transport(client, options, exchanges);
  }

  /** Sets the API version of all further calls; an older one only hides newer fields. */
  useVersion(version: string): void {
    this.#client.setSOAPAction(`urn:vim25/${version}`);
  }

  /** Calls a method and gives the element `<Method>Response`. What is streamed is named from there. */
  async call(
    method: string,
    object: ManagedObjectReference,
    args: Arguments = {},
    streamed?: Streamed,
  ): Promise<XmlElement> {
    await this.#turns.begin();
    const path = streamed && ['Envelope', 'Body', `${method}Response`, ...streamed.path];
    const envelope = await this.#invoke(
      method,
      message(method, {_this: reference(object), ...args}),
      streamed && path && {...streamed, path},
    );
    const content = child(envelope, 'Body')?.children[0];
    if (content?.name === 'Fault') throw faultError(soapFault(content), `${method} on ${refString(object)}`);
    if (content?.name !== `${method}Response`) {
      throw new VchError(
        'VCH_ERR_TRANSPORT',
        `${this.#url.host} answered ${method} with another message; is it a vCenter or ESXi?`,
        {failure: 'maybe-done'},
      );
    }
    return content;
  }

  #invoke(method: string, args: Arguments, streamed: Streamed | undefined): Promise<XmlElement> {
    this.#sequence += 1;
    const exchangeId = String(this.#sequence);
    return new Promise<XmlElement>((resolve, reject) => {
      const invoke: unknown = this.#client[method];
      if (typeof invoke !== 'function')
        throw new VchError('VCH_ERR_INTERNAL', `${method} is not in the WSDL`);
      this.#exchanges.set(exchangeId, {streamed, answered: resolve});
      // Called for failures only: our HTTP client reads the answer itself.
      invoke(args, (error: unknown) => reject(cleanError(error, method, this.#url)), {exchangeId});
    }).finally(() => this.#exchanges.delete(exchangeId));
  }
}

/** Calls that may begin in one turn of the event loop. */
const CALLS_A_TURN = 4;

/**
 * Spreads calls over turns of the event loop. undici sends at the end of a turn what began in it: if all calls that become
 * possible at once began in one, the server would wait until the last of them is encoded. And a call that began in the
 * turn of the answer before it would not find that connection free yet, and open another.
 */
class Turns {
  readonly #waiting: (() => void)[] = [];
  #begun = 0;

  /** Resolves in a later turn, when another call may begin: in the order of asking. */
  async begin(): Promise<void> {
    await setImmediate();
    if (this.#begun < CALLS_A_TURN) this.#take(1);
    else
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
  }

  #take(calls: number): void {
    if (this.#begun === 0) void setImmediate().then(() => this.#next());
    this.#begun += calls;
  }

  #next(): void {
    this.#begun = 0;
    const next = this.#waiting.splice(0, CALLS_A_TURN);
    if (next.length > 0) this.#take(next.length);
    for (const begin of next) begin();
  }
}

/** A call under way: what to do with its answer. */
interface Exchange {
  readonly streamed: Streamed | undefined;
  readonly answered: (envelope: XmlElement) => void;
}

/** What `soap` gets to send: the whole message where every argument is encoded, so that it has nothing to look up in the WSDL. */
function message(method: string, args: Arguments): Arguments {
  return areEncoded(args)
    ? {_xml: elementOf(method, {attributes: {xmlns: 'urn:vim25'}, ...xmlElements(args)})}
    : args;
}

/** A reference as an argument. */
export function reference(object: ManagedObjectReference) {
  return {attributes: {type: object.type}, ...xmlText(object.value)};
}

function cleanError(error: unknown, method: string, url: URL): VchError {
  if (error instanceof VchError) return error;
  // Any other error of the package may contain the request, so only its occurrence is reported.
  return new VchError(
    'VCH_ERR_TRANSPORT',
    `${url.host} gave no usable answer to ${method}; run the same command again`,
    {failure: 'maybe-done'},
  );
}

/**
 * Our connections as the `soap` package needs them. It encodes the request, and is called back with a failure only: its
 * decoder loses characters.
 */
function soapHttpClient(
  http: HttpClient,
  url: URL,
  exchanges: ReadonlyMap<string, Exchange>,
  said: (sentence: string) => string,
): IHttpClient {
  return {
    // The package types this as an axios answer, but uses nothing of it.
    async request(_url, body: string, callback, headers = {}, {exchangeId} = {}): Promise<never> {
      try {
        const exchange = exchanges.get(exchangeId);
        if (exchange === undefined) throw new VchError('VCH_ERR_INTERNAL', 'nobody waits for this answer');
        const request = {method: 'POST', path: url.pathname, headers, body} as const;
        const envelope = await http.receive(request, async (answer) => {
          assertSoap(answer, url, http.contact.answered);
          return readTree(answer.text, {streamed: exchange.streamed, said});
        });
        exchange.answered(envelope);
      } catch (error) {
        callback(error);
      }
      return undefined as never;
    },
  };
}

/** A fault may repeat what was sent: masks the password where it is a whole word. */
function withoutPassword(password: string): (sentence: string) => string {
  if (password === '') return (sentence) => sentence;
  const escaped = password.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const secret = new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'gu');
  return (sentence) => sentence.replace(secret, '***');
}

function assertSoap({status, start}: IncomingAnswer, url: URL, answered: boolean): void {
  const failure = failureOfStatus({status, body: start});
  if (/<!DOCTYPE(?!\s+html)/i.test(start)) {
    throw new VchError(
      'VCH_ERR_TRANSPORT',
      `${url.host} answered with a DOCTYPE, which SOAP forbids; is it a vCenter or ESXi?`,
      {failure},
    );
  }
  if (isSoap(start)) return;
  const what = /<html[\s>]|<!DOCTYPE\s+html/i.test(start) ? 'an HTML page' : 'no SOAP message';
  const hint =
    status === 503
      ? "vCenter's services are starting, or one is down: wait for them, and run the same command again"
      : answered
        ? STARTING
        : 'check --target, it is not a working vSphere SDK endpoint';
  throw new VchError('VCH_ERR_TRANSPORT', `${url.host} answered HTTP ${status} with ${what}; ${hint}`, {
    failure,
  });
}
