import {expect} from 'chai';
import fc from 'fast-check';
import {rereadVms} from '../../src/inventory/container-vms.js';
import type {FoundVch} from '../../src/inventory/find-vch.js';
import {silent} from '../../src/log.js';
import {missingPrivileges} from '../../src/vim25/authorization.js';
import type {Clock} from '../../src/vim25/clock.js';
import {datastoreFileSize} from '../../src/vim25/datastore-file.js';
import {localizedFault} from '../../src/vim25/faults.js';
import {type HttpAnswer, HttpClient, type IncomingAnswer} from '../../src/vim25/http-client.js';
import {retrieveProperties, withContainerView} from '../../src/vim25/property-collector.js';
import {optionValues, refValues, textValue} from '../../src/vim25/property-value.js';
import {negotiateVersion, serviceContent} from '../../src/vim25/service.js';
import {Session} from '../../src/vim25/session.js';
import {readSnapshotConfig, readSnapshots} from '../../src/vim25/snapshot.js';
import {startTask} from '../../src/vim25/tasks.js';
import {Transport} from '../../src/vim25/transport.js';
import {readCdroms} from '../../src/vim25/virtual-machine.js';
import {incoming} from '../vim25/incoming.js';
import {fuzz, withinBounds} from './fuzz.js';
import {mutatedText} from './mutants.js';

const URL_OF_NOBODY = new URL('https://vc.example/sdk');

/** Answers every request with the same text. */
class Parrot extends HttpClient {
  answer: HttpAnswer = {status: 200, body: '', contentType: 'text/xml', contentLength: null};

  override receive<T>(_request: unknown, take: (answer: IncomingAnswer) => Promise<T>): Promise<T> {
    return take(incoming(this.answer));
  }
}

/** Sleeps no time at all, but for the sleeps that nobody waits for. */
function quickClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep(milliseconds, {ref = true} = {}) {
      now += milliseconds;
      return ref ? Promise.resolve() : new Promise(() => {});
    },
  };
}

const VM = {type: 'VirtualMachine', value: 'vm-13'};

function soap(body: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    `<soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`
  );
}

function objects(...properties: readonly (readonly [string, string])[]): string {
  const set = properties.map(([name, value]) => `<propSet><name>${name}</name>${value}</propSet>`).join('');
  return soap(
    `<RetrievePropertiesExResponse xmlns="urn:vim25"><returnval><objects><obj type="VirtualMachine">vm-13</obj>${set}` +
      '<missingSet><path>config.uuid</path><fault><fault xsi:type="NoPermission"><object type="Folder">group-v3</object>' +
      '<privilegeId>System.Read</privilegeId></fault><localizedMessage>Permission denied.</localizedMessage></fault></missingSet>' +
      '</objects></returnval></RetrievePropertiesExResponse>',
  );
}

const text = (value: string) => `<val xsi:type="xsd:string">${value}</val>`;
const option = (key: string, value: string) =>
  `<OptionValue xsi:type="OptionValue"><key>${key}</key><value xsi:type="xsd:string">${value}</value></OptionValue>`;

const CONTENT =
  '<returnval><rootFolder type="Folder">group-d1</rootFolder><propertyCollector type="PropertyCollector">propertyCollector' +
  '</propertyCollector><viewManager type="ViewManager">ViewManager</viewManager><about><name>VMware vCenter Server</name>' +
  '<fullName>VMware vCenter Server 6.7.0</fullName><version>6.7.0</version><build>14367737</build><apiType>VirtualCenter' +
  '</apiType><apiVersion>6.7.3</apiVersion></about><sessionManager type="SessionManager">SessionManager</sessionManager>' +
  '<authorizationManager type="AuthorizationManager">AuthorizationManager</authorizationManager></returnval>';

const ANSWERS = [
  objects(
    ['name', text('web-0a1b')],
    ['config.changeVersion', text('2026-01-02T03:04:05.000000Z')],
    ['config.instanceUuid', text('5012-34')],
    ['runtime.powerState', '<val xsi:type="VirtualMachinePowerState">poweredOn</val>'],
    [
      'config.extraConfig',
      `<val xsi:type="ArrayOfOptionValue">${option('guestinfo.vice./common/id', 'a'.repeat(64))}${option('common/name', ' &lt;web&#x9;<![CDATA[ ]] ]]>')}</val>`,
    ],
  ),
  objects([
    'config.hardware.device',
    '<val xsi:type="ArrayOfVirtualDevice"><VirtualDevice xsi:type="VirtualCdrom"><key>3000</key><backing xsi:type="VirtualCdromIsoBackingInfo"><fileName>[datastore1] vch1/a.iso</fileName></backing><controllerKey>200</controllerKey><unitNumber>0</unitNumber></VirtualDevice></val>',
  ]),
  objects([
    'snapshot',
    '<val xsi:type="VirtualMachineSnapshotInfo"><currentSnapshot type="VirtualMachineSnapshot">snapshot-2</currentSnapshot><rootSnapshotList><snapshot type="VirtualMachineSnapshot">snapshot-1</snapshot><name>one</name><description/><createTime>2026-01-02T03:04:05Z</createTime><childSnapshotList><snapshot type="VirtualMachineSnapshot">snapshot-2</snapshot><name>two</name></childSnapshotList></rootSnapshotList></val>',
  ]),
  objects([
    'info.error',
    '<val xsi:type="LocalizedMethodFault"><fault xsi:type="DuplicateName"><name>web</name><object type="VirtualMachine">vm-14</object></fault><localizedMessage/></val>',
  ]),
  soap(
    '<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>Access denied.</faultstring><detail><NoPermissionFault xsi:type="NoPermission"><object type="Folder">group-v3</object><privilegeId>X.Y</privilegeId></NoPermissionFault></detail></soapenv:Fault>',
  ),
  soap(
    '<soapenv:Fault><faultstring/><detail><ConcurrentAccessFault xsi:type="ConcurrentAccess"/></detail></soapenv:Fault>',
  ),
  soap(
    '<soapenv:Fault><detail><NotAuthenticatedFault xsi:type="NotAuthenticated"/></detail></soapenv:Fault>',
  ),
  soap(`<RetrieveServiceContentResponse xmlns="urn:vim25">${CONTENT}</RetrieveServiceContentResponse>`),
  soap(
    '<CreateContainerViewResponse xmlns="urn:vim25"><returnval type="ContainerView">view-1</returnval></CreateContainerViewResponse>',
  ),
  soap(
    '<ReconfigVM_TaskResponse xmlns="urn:vim25"><returnval type="Task">task-1</returnval></ReconfigVM_TaskResponse>',
  ),
  soap(
    '<HasPrivilegeOnEntitiesResponse xmlns="urn:vim25"><returnval><entity type="Folder">group-v3</entity><privAvailability><privId>X.Y</privId><isGranted>false</isGranted></privAvailability></returnval></HasPrivilegeOnEntitiesResponse>',
  ),
  '<html><head><title>503</title></head><body>no healthy upstream</body></html>',
  '<?xml version="1.0"?><namespaces version="1.0"><namespace><name>urn:vim25</name><version>6.7.3</version><priorVersions><version>6.7</version></priorVersions></namespace></namespaces>',
];

const TOKENS = [
  '<',
  '>',
  '/>',
  '</',
  '&',
  '&lt;',
  '&bomb;',
  '&#0;',
  '&#xD800;',
  '&#99999999999;',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '<?x ?>',
  '<!DOCTYPE x [<!ENTITY bomb "bomb">]>',
  ' type="x"',
  ' xsi:type="__proto__"',
  ' xmlns:a="b"',
  '<a:b:c d:e:type="f"/>',
  '<objects>',
  '</objects>',
  '<token>0</token>',
  '<val>',
  '<childSnapshotList>'.repeat(3000),
  '<x>'.repeat(10_000),
  `<x>${'<y/>'.repeat(5000)}</x>`,
  '\ufeff',
  '"'.repeat(70_000),
];

const FOUND: FoundVch = {
  vch: {
    ref: {type: 'VirtualMachine', value: 'vm-12'},
    biosUuid: null,
    pool: null,
    folder: null,
    summary: {
      id: 'vm-12',
      name: 'vch1',
      ownName: null,
      build: null,
      version: null,
      dataVersion: 0,
      powerState: null,
      computeResource: null,
      containerVMs: null,
    },
    leases: {},
  },
  inventory: {
    ...{appliances: [], containers: [], strays: [], twins: new Set(), others: new Set(), unreadable: 0},
    ...{owners: new Map(), counts: new Map()},
  },
};

describe('fuzz: answers', () => {
  const clock = quickClock();
  const options = {
    url: URL_OF_NOBODY,
    user: 'ann',
    password: '',
    tls: {},
    runId: 'run-1',
    log: silent,
    clock,
  };
  const http = new Parrot(options, 1);
  let transport: Transport;
  let session: Session;

  before(async () => {
    transport = await Transport.create(options, http);
    hear(
      soap(`<RetrieveServiceContentResponse xmlns="urn:vim25">${CONTENT}</RetrieveServiceContentResponse>`),
    );
    const answer = await transport.call('RetrieveServiceContent', VM);
    session = new Session(options, http, transport, serviceContent(answer, URL_OF_NOBODY), 'key');
  });

  after(() => http.close());

  function hear(body: string, status = 200): void {
    http.answer = {...http.answer, body, status, contentLength: body.length};
  }

  const answers = mutatedText(ANSWERS, TOKENS);

  fuzz(
    'the answer parser',
    answers,
    async (body) => {
      hear(body);
      await transport.call('RetrievePropertiesEx', VM);
    },
    {exhaustive: 1_000_000},
  );

  it('gives an answer up at the first error: a megabyte behind it is not looked at', async () => {
    hear(`${ANSWERS[0]}${'x'.repeat(1024 * 1024)}`);
    const error = await withinBounds(() => transport.call('RetrievePropertiesEx', VM));
    expect(error).to.include({code: 'VCH_ERR_TRANSPORT', failure: 'maybe-done'});
  });

  const readers: readonly ((session: Session) => Promise<unknown>)[] = [
    (session) =>
      retrieveProperties(session, [{obj: VM}], [{type: 'VirtualMachine', pathSet: ['name']}], (content) => [
        ...[...content.properties.values()].flatMap((value) => [
          optionValues(value),
          refValues(value),
          textValue(value),
          readCdroms(value),
          localizedFault(value),
        ]),
        ...content.missing,
      ]),
    (session) => rereadVms(session, FOUND, [VM], 'all'),
    (session) => readSnapshots(session, VM),
    (session) => readSnapshotConfig(session, VM),
    (session) => missingPrivileges(session, [VM], ['X.Y']),
    (session) => startTask(session, 'ReconfigVM_Task', VM),
    (session) => withContainerView(session, VM, 'VirtualMachine', async () => 0),
    async () => serviceContent(await transport.call('RetrieveServiceContent', VM), URL_OF_NOBODY),
    async () => negotiateVersion(http.answer, URL_OF_NOBODY),
    (session) => datastoreFileSize(session, {dcPath: '/dc1', dsName: 'datastore1', path: 'a.iso'}),
  ];

  fuzz(
    'what reads answers',
    fc.tuple(answers, fc.constantFrom(...readers), fc.constantFrom(200, 200, 200, 401, 404, 429, 500, 503)),
    ([body, read, status]) => {
      hear(body, status);
      return read(session);
    },
  );
});
