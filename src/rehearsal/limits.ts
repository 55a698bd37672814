/** What no copy can tell. */
export const CANNOT_SHOW: readonly string[] = [
  'the content of the ISO files: whether the new version boots, and what its services do. The copy reads their version alone',
  'the guests, the network and the docker endpoint of the VCH',
  'how long ISO files take to upload, and how long the appliance takes to boot: --boot-time says what is assumed',
  'what vSphere refuses for reasons of its own, and what another user may do. Of a dump: snapshots and privileges at all',
  'a repair from another machine: it first watches for a sign of life of the process that stopped, up to 15 minutes',
  'a failure among many containerVMs: failures are played on a copy with at most 20 of them',
  'what is changed on the VCH after it was read',
];
