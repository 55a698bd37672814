import {request} from 'node:https';
import type {Simulator} from '../../src/simulator/simulator.js';

/** A raw HTTP answer. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** The least of a vim25 client: XML in, XML out, so that tests see the wire and nothing else. */
export class SoapClient {
  readonly #simulator: Simulator;
  cookie: string | undefined;

  constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  /** Sends a body as it is. */
  post(body: string, path = '/sdk', headers: Record<string, string> = {}): Promise<RawAnswer> {
    return this.send('POST', path, body, {
      'Content-Type': 'text/xml',
      SOAPAction: 'urn:vim25/6.7',
      ...headers,
    });
  }

  /** Any HTTP request at all. */
  send(method: string, path: string, body = '', headers: Record<string, string> = {}): Promise<RawAnswer> {
    const {url, certificate} = this.#simulator;
    return new Promise((resolve, reject) => {
      const outgoing = request(
        new URL(path, url),
        {
          method,
          ca: certificate,
          headers: {...headers, ...(this.cookie !== undefined && {Cookie: this.cookie})},
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          );
          response.on('error', reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  /** Calls a method of the object `Type:id`. */
  call(target: string, method: string, args = ''): Promise<RawAnswer> {
    const colon = target.indexOf(':');
    const [type, id] = [target.slice(0, colon), target.slice(colon + 1)];
    return this.post(
      '<?xml version="1.0"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" ' +
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">' +
        `<S:Body><v:${method} xmlns:v="urn:vim25" xmlns="urn:vim25">` +
        `<v:_this type="${type}">${id}</v:_this>${args}</v:${method}></S:Body></S:Envelope>`,
    );
  }

  /** Logs in; every later request carries the cookie, byte for byte. */
  async login(user = this.#simulator.user, password = this.#simulator.password): Promise<RawAnswer> {
    const answer = await this.call(
      'SessionManager:SessionManager',
      'Login',
      `<userName>${user}</userName><password>${password}</password>`,
    );
    const cookie = answer.headers['set-cookie']?.[0];
    if (cookie !== undefined) this.cookie = cookie.split(';')[0];
    return answer;
  }

  /** Reads properties of one object. */
  read(target: string, ...paths: string[]): Promise<RawAnswer> {
    const [type = '', id = ''] = target.split(':');
    return this.call(
      'PropertyCollector:propertyCollector',
      'RetrievePropertiesEx',
      `<specSet><propSet><type>${type}</type>${paths.map((path) => `<pathSet>${escapeXml(path)}</pathSet>`).join('')}</propSet>` +
        `<objectSet><obj type="${type}">${id}</obj></objectSet></specSet><options/>`,
    );
  }

  /** Starts a reconfigure of ExtraConfig keys; gives the task's moref. */
  async reconfigure(vm: string, keys: Record<string, string>, changeVersion?: string): Promise<string> {
    const version = changeVersion === undefined ? '' : `<changeVersion>${changeVersion}</changeVersion>`;
    const options = Object.entries(keys).map(
      ([key, value]) =>
        `<extraConfig i:type="OptionValue"><key>${escapeXml(key)}</key>` +
        `<value i:type="xsd:string">${escapeXml(value)}</value></extraConfig>`,
    );
    return returned(
      await this.call(
        `VirtualMachine:${vm}`,
        'ReconfigVM_Task',
        `<spec>${version}${options.join('')}</spec>`,
      ),
    );
  }

  /** Waits for a task by its updates; gives the last answer about it. */
  wait(task: string): Promise<string> {
    return this.until(`Task:${task}`, ['info.state', 'info.error'], (body) =>
      />(success|error)<\/val>/.test(body),
    );
  }

  /** Waits for updates of one object until an answer pleases; gives that answer. */
  async until(target: string, paths: readonly string[], done: (body: string) => boolean): Promise<string> {
    const [type = '', id = ''] = target.split(':');
    const collector = returned(
      await this.call('PropertyCollector:propertyCollector', 'CreatePropertyCollector'),
    );
    await this.call(
      `PropertyCollector:${collector}`,
      'CreateFilter',
      `<spec><propSet><type>${type}</type>${paths.map((path) => `<pathSet>${escapeXml(path)}</pathSet>`).join('')}</propSet>` +
        `<objectSet><obj type="${type}">${id}</obj></objectSet></spec><partialUpdates>false</partialUpdates>`,
    );
    for (let version = ''; ; ) {
      const {body} = await this.call(
        `PropertyCollector:${collector}`,
        'WaitForUpdatesEx',
        `<version>${version}</version><options><maxWaitSeconds>20</maxWaitSeconds></options>`,
      );
      if (!body.includes('<version>') || done(body)) {
        await this.call(`PropertyCollector:${collector}`, 'DestroyPropertyCollector');
        return body;
      }
      version = textOf(body, 'version');
    }
  }
}

/** The text of the first element of that name. */
export function textOf(xml: string, name: string): string {
  return new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';
}

/** How often a piece of XML is there. */
export function occurrences(xml: string, piece: string): number {
  return xml.split(piece).length - 1;
}

/** The moref that a call gave back. */
export function returned({status, body}: RawAnswer): string {
  if (status !== 200) throw new Error(`HTTP ${status}: ${body}`);
  return textOf(body, 'returnval');
}

/** Text as the content of an element. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
    .replaceAll('"', '&quot;');
}
