import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {runPeer} from '../peers.js';

const PRELUDE = `
import os
from pyVim.connect import SmartConnect, Disconnect
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl
si = SmartConnect(host='127.0.0.1', port=int(os.environ['PORT']), user=os.environ['VC_USER'],
                  pwd=os.environ['VC_PASSWORD'], disableSslCertValidation=True)
content = si.content
view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
vms = {vm.name: vm for vm in view.view}
def spec(keys, version=None):
    options = [vim.option.OptionValue(key=k, value=v) for k, v in keys.items()]
    return vim.vm.ConfigSpec(changeVersion=version, extraConfig=options)
def config(vm):
    return {o.key: o.value for o in vm.config.extraConfig}
`;
const CODA = `
view.Destroy()
Disconnect(si)
`;

/** Runs a script of pyVmomi against a simulator; gives what it printed. */
export async function pyvmomiOn(python: string, simulator: Simulator, body: string): Promise<string> {
  const {code, output} = await runPeer(python, ['-c', `${PRELUDE}${body}${CODA}`], {
    PORT: new URL(simulator.url).port,
    VC_USER: simulator.user,
    VC_PASSWORD: simulator.password,
  });
  expect(code, output).to.equal(0);
  return output.trim();
}
