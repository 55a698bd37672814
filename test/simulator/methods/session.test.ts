import {expect} from 'chai';
import {type Simulator, startSimulator} from '../../../src/simulator/simulator.js';
import {smallFixture} from '../small-fixture.js';
import {SoapClient, textOf} from '../soap-client.js';

describe('simulator sessions', () => {
  let simulator: Simulator;
  let now: number;

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 1);
    const fixture = smallFixture([{id: 'vm-1', name: 'one'}], {settings: {idleTimeout: 60}});
    simulator = await startSimulator({fixture, now: () => now});
  });

  afterEach(() => simulator.close());

  it('tells what it is before anybody has logged in', async () => {
    const {status, body} = await new SoapClient(simulator).call(
      'ServiceInstance:ServiceInstance',
      'RetrieveServiceContent',
    );
    expect(status).to.equal(200);
    expect(textOf(body, 'apiType')).to.equal('VirtualCenter');
    expect(textOf(body, 'productLineId')).to.equal('vpx');
    expect(body).to.contain('<rootFolder type="Folder">group-d1</rootFolder>');
  });

  it('serves the versions it speaks, and 404 for everything else', async () => {
    const client = new SoapClient(simulator);
    const versions = await client.send('GET', '/sdk/vimServiceVersions.xml');
    expect(versions.body).to.contain('<name>urn:vim25</name>').and.to.contain('<version>6.7.3</version>');
    expect(versions.body).to.contain('   <version>6.5</version>');
    for (const path of ['/', '/about', '/sdk/vimService.wsdl', '/sdk/other']) {
      expect((await client.send('GET', path)).status, path).to.equal(404);
    }
  });

  it('gives a quoted, http-only cookie on login and knows it again byte for byte', async () => {
    const client = new SoapClient(simulator);
    const login = await client.login();
    expect(login.headers['set-cookie']?.[0]).to.match(
      /^vmware_soap_session="[0-9a-f]{40}"; Path=\/; HttpOnly; Secure$/,
    );
    expect(textOf(login.body, 'userName')).to.equal('administrator@vsphere.local');
    expect((await client.call('ServiceInstance:ServiceInstance', 'CurrentTime')).status).to.equal(200);
    expect(simulator.sessions).to.equal(1);
  });

  it('shows no cookie in what others can read of a session', async () => {
    const client = new SoapClient(simulator);
    await client.login();
    const {body} = await client.read('SessionManager:SessionManager', 'sessionList', 'currentSession');
    expect(body).to.contain('xsi:type="ArrayOfUserSession"').and.to.contain('xsi:type="UserSession"');
    expect(body).not.to.contain(client.cookie?.replace(/.*="(.*)"/, '$1') ?? 'no cookie');
  });

  it('answers a call without a session with NotAuthenticated, the object and the privilege', async () => {
    const {status, body} = await new SoapClient(simulator).call(
      'ServiceInstance:ServiceInstance',
      'CurrentTime',
    );
    expect(status).to.equal(500);
    expect(body).to.contain('<faultcode>ServerFaultCode</faultcode>');
    expect(body).to.contain('<NotAuthenticatedFault xmlns="urn:vim25" xsi:type="NotAuthenticated">');
    expect(body).to.contain('<object type="ServiceInstance">ServiceInstance</object>');
    expect(textOf(body, 'privilegeId')).to.equal('System.View');
  });

  it('refuses a wrong password, an unknown user, and a second login on a live session', async () => {
    const client = new SoapClient(simulator);
    for (const [user, password] of [
      ['administrator@vsphere.local', 'wrong'],
      ['nobody', 'secret'],
    ] as const) {
      expect((await client.login(user, password)).body, user).to.contain('xsi:type="InvalidLogin"');
    }
    await client.login();
    const second = await client.login();
    expect(second.status).to.equal(500);
    expect(second.body).to.contain('xsi:type="InvalidLogin"');
    expect(simulator.sessions).to.equal(1);
  });

  it('ends with the logout, and takes its views along', async () => {
    const client = new SoapClient(simulator);
    await client.login();
    await client.call(
      'ViewManager:ViewManager',
      'CreateContainerView',
      '<container type="Folder">group-d1</container><recursive>true</recursive>',
    );
    expect(simulator.views).to.equal(1);
    await client.call('SessionManager:SessionManager', 'Logout');
    expect([simulator.sessions, simulator.views]).to.deep.equal([0, 0]);
    expect((await client.read('VirtualMachine:vm-1', 'name')).body).to.contain('xsi:type="NotAuthenticated"');
  });

  it('ends after the idle time, which every call starts anew', async () => {
    const client = new SoapClient(simulator);
    await client.login();
    for (const [seconds, status] of [
      [60, 200],
      [60, 200],
      [61, 500],
    ] as const) {
      now += seconds * 1000;
      expect((await client.call('ServiceInstance:ServiceInstance', 'CurrentTime')).status).to.equal(status);
    }
  });

  it('can expire every session at once', async () => {
    const client = new SoapClient(simulator);
    await client.login();
    simulator.expireSessions();
    expect((await client.read('VirtualMachine:vm-1', 'name')).body).to.contain('xsi:type="NotAuthenticated"');
    expect((await client.login()).status).to.equal(200);
  });

  it('hides the views of one session from the other', async () => {
    const [one, other] = [new SoapClient(simulator), new SoapClient(simulator)];
    await one.login();
    await other.login();
    const view = await one.call(
      'ViewManager:ViewManager',
      'CreateContainerView',
      '<container type="Folder">group-d1</container><recursive>true</recursive>',
    );
    const target = `ContainerView:${textOf(view.body, 'returnval')}`;
    expect((await one.read(target, 'view')).status).to.equal(200);
    expect((await other.read(target, 'view')).body).to.contain('xsi:type="ManagedObjectNotFound"');
  });

  it('tells which privileges a session has', async () => {
    for (const [user, password, granted] of [
      ['administrator@vsphere.local', 'secret', 'true'],
      ['reader@vsphere.local', 'reader', 'false'],
    ] as const) {
      const client = new SoapClient(simulator);
      const key = textOf((await client.login(user, password)).body, 'key');
      const {body} = await client.call(
        'AuthorizationManager:AuthorizationManager',
        'HasPrivilegeOnEntities',
        `<entity type="VirtualMachine">vm-1</entity><sessionId>${key}</sessionId>` +
          '<privId>VirtualMachine.Config.AdvancedConfig</privId>',
      );
      expect(textOf(body, 'isGranted'), user).to.equal(granted);
    }
  });
});
