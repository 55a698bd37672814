import type {Vcsim} from '../peers/vcsim.js';

/** vcsim has no guests: what VIC's would write when it is up, the test writes by govc. */
export async function guestStarts({govc}: Pick<Vcsim, 'govc'>, id: string): Promise<void> {
  const ip = Buffer.from([192, 0, 2, 10]).toString('base64');
  const started = ['docker-personality', 'port-layer', 'vicadmin'].map(
    (name) => `guestinfo.vice..init.sessions|${name}.started=true`,
  );
  const keys = [`guestinfo.vice..init.networks|client.assigned.IP=${ip}`, ...started];
  await govc('vm.change', '-vm', `VirtualMachine:${id}`, ...keys.flatMap((key) => ['-e', key]));
}
