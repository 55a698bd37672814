import {createHash} from 'node:crypto';
import {request} from 'node:https';
import {expect} from 'chai';
import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import {type FaultAction, type Simulator, startSimulator} from '../../src/simulator/simulator.js';
import {applianceFixture} from './appliance-fixture.js';
import {SoapClient, textOf} from './soap-client.js';

const NEW = '[datastore1] vch-1/new.iso';

describe('simulator datastore files over HTTPS', () => {
  let simulator: Simulator;
  let client: SoapClient;

  async function start(more: Partial<Fixture> = {}): Promise<void> {
    simulator = await startSimulator({fixture: applianceFixture({}, more)});
    client = new SoapClient(simulator);
    await client.login();
  }

  afterEach(() => simulator.close());

  const at = (path: string, datastore = 'datastore1'): string =>
    `/folder/${path}?dcPath=DC0&dsName=${datastore}`;
  const status = async (verb: string, url: string, body = '', headers: Record<string, string> = {}) =>
    (await client.send(verb, url, body, headers)).status;
  const sizeOf = (path: string) => simulator.files('datastore1').find((file) => file.path === path)?.size;

  const datastore = async (): Promise<string> => {
    const {body} = await client.read('VirtualMachine:vm-1', 'datastore');
    return `Datastore:${/datastore-\d+/.exec(body)?.[0]}`;
  };

  it('are written, read and deleted', async () => {
    await start();
    expect(await status('PUT', at('vch-1/new.iso'), 'one')).to.equal(201);
    expect(await status('PUT', at('vch-1/new.iso'), 'other')).to.equal(200);
    const head = await client.send('HEAD', at('vch-1/new.iso'));
    expect([head.status, head.headers['content-length'], head.body]).to.deep.equal([200, '5', '']);
    expect((await client.send('GET', at('vch-1/new.iso'))).body).to.equal('other');
    expect(await status('DELETE', at('vch-1/new.iso'))).to.equal(204);
    expect(await status('GET', at('vch-1/new.iso'))).to.equal(404);
  });

  it('ask who it is, by session or by password', async () => {
    await start();
    client.cookie = undefined;
    expect(await status('PUT', at('vch-1/new.iso'), 'x')).to.equal(401);
    const basic = (text: string) => ({Authorization: `Basic ${Buffer.from(text).toString('base64')}`});
    const {user, password} = simulator;
    expect(await status('PUT', at('vch-1/new.iso'), 'x', basic(`${user}:${password}`))).to.equal(201);
    expect(await status('HEAD', at('vch-1/new.iso'), '', basic(`${user}:no`))).to.equal(401);
    expect(await status('HEAD', at('vch-1/new.iso'), '', basic('reader@vsphere.local:reader'))).to.equal(403);
  });

  it('need a privilege on their own datastore', async () => {
    const except = [{entity: 'datastore1', privileges: ['Datastore.FileManagement']}];
    const users = [{user: 'u', password: 'p', role: 'Browser'}];
    await start({users, roles: [{name: 'Browser', except}]});
    expect(await status('GET', at('vch-1/vch-1.vmx'))).to.equal(200);
    expect(await status('PUT', at('vch-1/new.iso'), 'x')).to.equal(403);
    expect(await status('DELETE', at('vch-1/vch-1.vmx'))).to.equal(403);
  });

  it('are refused where there is nothing, or something else', async () => {
    await start();
    expect(await status('HEAD', at('none.iso'))).to.equal(404);
    expect(await status('HEAD', at('vch-1/vch-1.vmx', 'none'))).to.equal(404);
    expect(await status('HEAD', '/folder/vch-1/vch-1.vmx?dcPath=none&dsName=datastore1')).to.equal(404);
    expect(await status('PUT', at('none/a.iso'), 'x')).to.equal(404);
    expect(await status('PUT', at('vch-1'), 'x')).to.equal(409);
    expect(await status('POST', at('vch-1/new.iso'), 'x')).to.equal(405);
  });

  it('are locked while a running VM has them in its drive', async () => {
    await start();
    const answer = await client.send('PUT', at('vch-1/appliance.iso'), 'x');
    expect([answer.status, answer.body]).to.deep.equal([500, 'the file is locked: it is in use by vch-1']);
    expect(await status('DELETE', at('vch-1/appliance.iso'))).to.equal(500);
    simulator.inventory.vm('vch-1').powerOff();
    expect(await status('PUT', at('vch-1/appliance.iso'), 'x')).to.equal(200);
  });

  it('take room, until there is none', async () => {
    const [datacenter] = applianceFixture().datacenters;
    if (datacenter === undefined) throw new Error('the fixture has no datacenter');
    const datastores = [{name: 'datastore1', type: 'VMFS', freeSpace: 10}] as const;
    await start({datacenters: [{...datacenter, datastores}]});
    const free = async (): Promise<string> =>
      textOf((await client.read(await datastore(), 'summary.freeSpace')).body, 'val');
    expect(await status('PUT', at('vch-1/new.iso'), 'seven__')).to.equal(201);
    expect(await free()).to.equal('3');
    expect(await status('PUT', at('vch-1/more.iso'), 'four')).to.equal(507);
    const chunked = {'Transfer-Encoding': 'chunked'};
    expect(await status('PUT', at('vch-1/more.iso'), 'four', chunked)).to.equal(507);
    expect(await status('PUT', at('vch-1/new.iso'), 'ten_______')).to.equal(200);
    await status('DELETE', at('vch-1/new.iso'));
    expect(await free()).to.equal('10');
  });

  it('stay as far as they came when the client breaks off', async () => {
    await start();
    const {url, certificate} = simulator;
    const path = new URL(at('vch-1/new.iso'), url);
    const headers = {Cookie: client.cookie ?? '', 'Content-Length': '100'};
    const outgoing = request(path, {method: 'PUT', ca: certificate, headers});
    outgoing.on('error', () => undefined);
    const begun = new Promise<void>((resolve) => {
      simulator.addFault({method: 'PUT /folder', times: 1, before: () => resolve()});
    });
    outgoing.write('half');
    await begun;
    expect((await client.send('PUT', at('vch-1/new.iso'), 'other')).body).to.contain('another upload');
    outgoing.destroy();
    const left = `>${2 ** 39 - 4}<`;
    await client.until(await datastore(), ['summary.freeSpace'], (body) => body.includes(left));
    expect(sizeOf('vch-1/new.iso')).to.equal(4);
    expect(await status('PUT', at('vch-1/new.iso'), 'whole')).to.equal(200);
  });

  it('meet scripted faults by verb and datastore path', async () => {
    await start();
    const attempt = async (action: FaultAction): Promise<[string | number, number | undefined]> => {
      simulator.clearFaults();
      await client.send('DELETE', at('vch-1/new.iso'));
      const count = simulator.addFault({method: 'PUT /folder', object: NEW, do: action});
      const answer = await client.send('PUT', at('vch-1/new.iso'), '0123456789').then(
        (received) => received.status,
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      );
      expect(count).to.include({seen: 1, fired: 1});
      return [answer, sizeOf('vch-1/new.iso')];
    };
    expect(await attempt('http-500')).to.deep.equal([500, undefined]);
    expect(await attempt('http-503')).to.deep.equal([503, undefined]);
    expect(await attempt('ignore')).to.deep.equal([201, undefined]);
    expect(await attempt('drop-before')).to.deep.equal(['ECONNRESET', undefined]);
    expect(await attempt('drop-after')).to.deep.equal(['ECONNRESET', 10]);
    expect(await attempt({cutAfter: 4})).to.deep.equal(['ECONNRESET', 4]);
    const digest = createHash('sha256').update('0123').digest('hex');
    expect(simulator.files('datastore1').find(({path}) => path === 'vch-1/new.iso')?.sha256).to.equal(digest);
    expect(simulator.requests.count('PUT /folder')).to.equal(6);
  });
});
