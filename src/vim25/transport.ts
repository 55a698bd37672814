import {EventEmitter} from 'node:events';
import {fileURLToPath} from 'node:url';
import {type Client, createClientAsync, type IHttpClient} from 'soap';
import {VchError} from '../errors.js';
import {faultError, soapFault} from './faults.js';
import type {ConnectOptions} from './http-client.js';
import {
  failureOfStatus,
  type HttpAnswer,
  type HttpClient,
  isSoap,
  STARTING,
  streamOf,
} from './http-client.js';
import {type ManagedObjectReference, refString} from './managed-object.js';
import {child, escapeText, readTree, type XmlElement} from './xml.js';

const WSDL = fileURLToPath(new URL('vim25.wsdl', import.meta.url));

/** Arguments of a vim25 method, by element name in the order of the WSDL. */
export type Arguments = Readonly<Record<string, unknown>>;

/** SOAP calls to one endpoint: arguments in, the answer's tree out, a fault thrown as `VchError`. */
export class Transport {
  readonly #client: Client;
  readonly #http: HttpClient;
  readonly #url: URL;
  /** Milliseconds a call may take to answer. */
  timeout: number;

  private constructor(client: Client, http: HttpClient, options: ConnectOptions, timeout: number) {
    this.#client = client;
    this.#http = http;
    this.#url = options.url;
    this.timeout = timeout;
    let sequence = 0;
    client.addSoapHeader(() => {
      sequence += 1;
      return `<operationID xmlns="urn:vim25">${escapeText(`vch-migrate-${options.runId}-${sequence}`)}</operationID>`;
    });
  }

  /** Makes the client out of our WSDL; nothing is sent yet. */
  static async create(options: ConnectOptions, http: HttpClient, timeout: number): Promise<Transport> {
    const holder: {transport?: Transport} = {};
    const adapter = soapHttpClient(http, () => holder.transport?.timeout ?? timeout);
    const client = await createClientAsync(WSDL, {
      endpoint: options.url.href,
      httpClient: adapter,
      stream: true,
      returnSaxStream: true,
    });
    holder.transport = new Transport(client, http, options, timeout);
    return holder.transport;
  }

  /** The API version all further calls ask for; an older one only hides newer fields. */
  useVersion(version: string): void {
    this.#client.setSOAPAction(`urn:vim25/${version}`);
  }

  /** A plain GET beside the SOAP endpoint. */
  get(path: string) {
    return this.#http.get(path, this.timeout);
  }

  /** Calls a method and gives the element `<Method>Response`. */
  async call(method: string, object: ManagedObjectReference, args: Arguments = {}): Promise<XmlElement> {
    const envelope = await this.#invoke(method, {_this: reference(object), ...args});
    const content = child(envelope, 'Body')?.children[0];
    if (content?.name === 'Fault') throw faultError(soapFault(content), `${method} on ${refString(object)}`);
    if (content?.name !== `${method}Response`) {
      throw new VchError(
        'VCH_ERR_TRANSPORT',
        `${this.#url.host} answered ${method} with something else; is it a vCenter or ESXi?`,
        {failure: 'maybe-done'},
      );
    }
    return content;
  }

  #invoke(method: string, args: Arguments): Promise<XmlElement> {
    return new Promise((resolve, reject) => {
      const invoke: unknown = this.#client[method];
      if (typeof invoke !== 'function')
        throw new VchError('VCH_ERR_INTERNAL', `${method} is not in the WSDL`);
      // The stream has to get its listeners in this very callback: it starts to flow in the next tick.
      invoke(args, (error: unknown, result: unknown) => {
        if (error) return reject(cleanError(error, method, this.#url));
        return resolve(readTree(saxStreamOf(result)));
      });
    });
  }
}

/** A reference as an argument. */
export function reference(object: ManagedObjectReference) {
  return {attributes: {type: object.type}, $value: object.value};
}

function saxStreamOf(result: unknown): EventEmitter {
  if (
    typeof result === 'object' &&
    result !== null &&
    'saxStream' in result &&
    result.saxStream instanceof EventEmitter
  ) {
    return result.saxStream;
  }
  throw new VchError('VCH_ERR_INTERNAL', 'the soap package gave no stream');
}

function cleanError(error: unknown, method: string, url: URL): VchError {
  if (error instanceof VchError) return error;
  // Whatever else the package throws may hold the request; only that it happened is told.
  return new VchError(
    'VCH_ERR_TRANSPORT',
    `${url.host} gave no usable answer to ${method}; run the same command again`,
    {failure: 'maybe-done'},
  );
}

/** Our connections in the shape the `soap` package asks for; only its streaming entry is ever used. */
function soapHttpClient(http: HttpClient, timeout: () => number): IHttpClient {
  return {
    request() {
      throw new VchError('VCH_ERR_INTERNAL', 'the soap package did not stream');
    },
    // The package types this as an answer of axios; it reads no more of it than these three fields.
    async requestStream(url: string, body: string, headers: Record<string, string> = {}): Promise<never> {
      const answer = await http.post(new URL(url).pathname, body, headers, timeout());
      assertSoap(answer, new URL(url), http.contact.answered);
      // A fault comes with status 500, for which the package would buffer and decode by itself.
      return {status: 200, headers: {}, data: streamOf(answer.body)} as never;
    },
  };
}

function assertSoap(answer: HttpAnswer, url: URL, answered: boolean): void {
  const head = answer.body.slice(0, 4096);
  const failure = failureOfStatus(answer);
  if (/<!DOCTYPE(?!\s+html)/i.test(head)) {
    throw new VchError(
      'VCH_ERR_TRANSPORT',
      `${url.host} answered with a DOCTYPE, which SOAP forbids; is it a vCenter or ESXi?`,
      {failure},
    );
  }
  if (isSoap(answer)) return;
  const what = /<html[\s>]|<!DOCTYPE\s+html/i.test(head) ? 'an HTML page' : 'no SOAP message';
  const hint =
    answer.status === 503
      ? "vCenter's services are starting, or one is down: wait for them, and run the same command again"
      : answered
        ? STARTING
        : 'check --target, it is not a working vSphere SDK endpoint';
  throw new VchError(
    'VCH_ERR_TRANSPORT',
    `${url.host} answered HTTP ${answer.status} with ${what}; ${hint}`,
    {failure},
  );
}
