import {CDROM_KEY, type Cdrom, type CdromBacking, IDE_CONTROLLER_KEY} from '../model/cdrom.js';
import {boolean, type Data, data, int, list, reference, string} from '../soap/value.js';

/** The devices of a VM: a controller, and the drive on it if there is one. */
export function devices(cdrom: Cdrom | undefined): Data[] {
  return cdrom === undefined ? [ideController([])] : [ideController([CDROM_KEY]), cdromDevice(cdrom)];
}

function ideController(attached: readonly number[]): Data {
  return data(
    'VirtualIDEController',
    ['key', int(IDE_CONTROLLER_KEY)],
    ['deviceInfo', description('IDE 0', 'IDE 0'), 'typed'],
    ['busNumber', int(0)],
    ['device', list('xsd:int', attached.map(int))],
  );
}

function cdromDevice({backing, startConnected, allowGuestControl, connected}: Cdrom): Data {
  return data(
    'VirtualCdrom',
    ['key', int(CDROM_KEY)],
    ['deviceInfo', description('CD/DVD drive 1', summaryOf(backing)), 'typed'],
    ['backing', backingInfo(backing), 'typed'],
    [
      'connectable',
      data(
        'VirtualDeviceConnectInfo',
        ['startConnected', boolean(startConnected)],
        ['allowGuestControl', boolean(allowGuestControl)],
        ['connected', boolean(connected)],
        ['status', string('untried')],
      ),
    ],
    ['controllerKey', int(IDE_CONTROLLER_KEY)],
    ['unitNumber', int(0)],
  );
}

function backingInfo(backing: CdromBacking): Data {
  if (backing.kind === 'iso') {
    return data(
      'VirtualCdromIsoBackingInfo',
      ['fileName', string(backing.fileName)],
      ['datastore', reference(backing.datastore)],
    );
  }
  const exclusive = backing.type === 'VirtualCdromRemotePassthroughBackingInfo' ? boolean(false) : undefined;
  return data(
    backing.type,
    ['deviceName', string(backing.deviceName)],
    ['useAutoDetect', boolean(false)],
    ['exclusive', exclusive],
  );
}

function summaryOf(backing: CdromBacking): string {
  return backing.kind === 'iso' ? `ISO ${backing.fileName}` : 'Remote device';
}

function description(label: string, summary: string): Data {
  return data('Description', ['label', string(label)], ['summary', string(summary)]);
}
