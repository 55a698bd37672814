import type {HostState} from '../model/entity.js';
import type {About} from '../model/vcenter.js';
import {type Data, data, string} from '../soap/value.js';

/** The AboutInfo of the server. */
export function aboutInfo(about: About): Data {
  return data(
    'AboutInfo',
    ['name', string(about.name)],
    ['fullName', string(about.fullName)],
    ['vendor', string(about.vendor)],
    ['version', string(about.version)],
    ['build', string(about.build)],
    ['localeVersion', string('INTL')],
    ['localeBuild', string('000')],
    ['osType', string(about.osType)],
    ['productLineId', string(about.productLineId)],
    ['apiType', string(about.apiType)],
    ['apiVersion', string(about.apiVersion)],
    // A standalone ESXi host has none.
    ['instanceUuid', about.apiType === 'HostAgent' ? undefined : string(about.instanceUuid)],
    ['licenseProductName', string('VMware VirtualCenter Server')],
    ['licenseProductVersion', string(`${majorOf(about.version)}.0`)],
  );
}

/** The AboutInfo of an ESXi host. */
export function hostAboutInfo({version, build}: HostState): Data {
  return data(
    'AboutInfo',
    ['name', string('VMware ESXi')],
    ['fullName', string(`VMware ESXi ${version} build-${build}`)],
    ['vendor', string('VMware, Inc.')],
    ['version', string(version)],
    ['build', string(build)],
    ['localeVersion', string('INTL')],
    ['localeBuild', string('000')],
    ['osType', string('vmnix-x86')],
    ['productLineId', string('embeddedEsx')],
    ['apiType', string('HostAgent')],
    ['apiVersion', string(version.split('.').slice(0, 2).join('.'))],
    ['licenseProductName', string('VMware ESX Server')],
    ['licenseProductVersion', string(`${majorOf(version)}.0`)],
  );
}

function majorOf(version: string): string {
  return version.split('.')[0] ?? version;
}
