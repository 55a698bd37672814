"""Fills an empty vCenter simulator with a fixture: pools, vApps, folders, and VMs with whole ExtraConfigs.

    seed.py FIXTURE [COUNT]

COUNT limits how many VMs of `generate` are made. The target has as many clusters as the fixture and no
VMs; its first datacenter and its clusters take the fixture's names. VMs that no client can bring about
(disconnected, orphaned, inaccessible) are left out. Prints {"vms": {display name: [morefs]}, "leftOut":
[display names]}.
"""

import json
import sys

from pyVmomi import vim
from vcenter import connected, result_of

import fixture as fixtures


def main():
    path, limit = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None
    document, vms = fixtures.load(path)
    if limit is not None:
        vms = vms[: len(document.get("vms", [])) + limit]
    left_out = [vm["name"] for vm in vms if vm.get("connectionState", "connected") != "connected"]
    vms = [vm for vm in vms if vm.get("connectionState", "connected") == "connected"]
    with connected() as content:
        place = Places(content, document["datacenters"][0])
        made = all_of(place.create(vm, number) for number, vm in enumerate(vms))
        all_of(finish(vm, created) for vm, created in zip(vms, made))
        for vm, created in zip(vms, made):
            if vm.get("template"):
                created.MarkAsTemplate()
    by_name = {}
    for vm, created in zip(vms, made):
        by_name.setdefault(vm["name"], []).append(created._moId)
    json.dump({"vms": by_name, "leftOut": left_out}, sys.stdout)


class Places:
    """The fixture's datacenter on the target: where a VM of the fixture goes."""

    def __init__(self, content, wanted):
        datacenter = content.rootFolder.childEntity[0]
        # A standalone ESXi host keeps the names of its own.
        named = content.about.apiType == "VirtualCenter"
        if named:
            result_of(datacenter.Rename_Task(wanted["name"]))
        self.folders = {"": datacenter.vmFolder}
        self.pools = {}
        self.datastore = datacenter.datastore[0].name
        self._make_folders(datacenter.vmFolder, "", wanted.get("folders", []))
        clusters = [entity for entity in datacenter.hostFolder.childEntity]
        if len(clusters) != len(wanted["clusters"]):
            sys.exit(f"the target has {len(clusters)} clusters, the fixture {len(wanted['clusters'])}")
        for cluster, spec in zip(clusters, wanted["clusters"]):
            if named:
                result_of(cluster.Rename_Task(spec["name"]))
            self.pools[spec["name"]] = cluster.resourcePool
            self._make_pools(cluster.resourcePool, spec["name"], spec)

    def create(self, vm, number):
        parent = self.pools[vm["vApp"] if "vApp" in vm else vm["pool"]]
        spec = vim.vm.ConfigSpec(
            name=vm["name"],
            uuid=vm["uuid"],
            instanceUuid=vm.get("instanceUuid"),
            guestId="otherGuest",
            numCPUs=1,
            memoryMB=32,
            files=vim.vm.FileInfo(vmPathName=f"[{self.datastore}] {number}/{number}.vmx"),
            extraConfig=options(vm["extraConfig"]),
        )
        if "vApp" in vm:
            # One after the other: vcsim's tasks of two such calls wait for each other's locks for ever.
            task = parent.CreateChildVM_Task(config=spec)
            result_of(task)
            return task
        return self.folders[vm.get("folder", "")].CreateVM_Task(config=spec, pool=parent)

    def _make_folders(self, parent, path, wanted):
        for spec in wanted:
            below = f"{path}/{spec['name']}".lstrip("/")
            self.folders[below] = parent.CreateFolder(spec["name"])
            self._make_folders(self.folders[below], below, spec.get("folders", []))

    def _make_pools(self, parent, path, wanted):
        for spec in wanted.get("resourcePools", []):
            below = f"{path}/{spec['name']}"
            self.pools[below] = parent.CreateResourcePool(spec["name"], resources())
            self._make_pools(self.pools[below], below, spec)
        for spec in wanted.get("vApps", []):
            below = f"{path}/{spec['name']}"
            folder = self.folders[spec["folder"]] if "folder" in spec else self.folders[""]
            self.pools[below] = parent.CreateVApp(spec["name"], resources(), vim.vApp.VAppConfigSpec(), folder)


def finish(vm, created):
    """What can be told a VM only once it is there."""
    if fixtures.is_appliance(vm):
        # An appliance names itself by its moref.
        own = {fixtures.APPLIANCE_ID: f"VirtualMachine:{created._moId}"}
        spec = vim.vm.ConfigSpec(extraConfig=options(own), deviceChange=[cdrom(created)])
        result_of(created.ReconfigVM_Task(spec))
    return created.PowerOnVM_Task() if vm.get("powerState") == "poweredOn" else None


def cdrom(created):
    """What an appliance boots from: a CD-ROM with VIC's ISO file in the VM's own folder."""
    controller = next(
        device
        for device in created.config.hardware.device
        if isinstance(device, vim.vm.device.VirtualIDEController)
    )
    folder = created.config.files.vmPathName.rpartition("/")[0]
    return vim.vm.device.VirtualDeviceSpec(
        operation="add",
        device=vim.vm.device.VirtualCdrom(
            key=-1,
            controllerKey=controller.key,
            unitNumber=0,
            backing=vim.vm.device.VirtualCdrom.IsoBackingInfo(fileName=f"{folder}/appliance.iso"),
            connectable=vim.vm.device.VirtualDevice.ConnectInfo(
                startConnected=True, allowGuestControl=True, connected=True
            ),
        ),
    )


def all_of(tasks):
    """The results of the tasks in their order. All are started before the first is looked at, so that most
    are done by then."""
    return [task and result_of(task) for task in list(tasks)]


def options(config):
    return [vim.option.OptionValue(key=key, value=value) for key, value in config.items()]


def resources():
    def share():
        return vim.ResourceAllocationInfo(
            reservation=0,
            expandableReservation=True,
            limit=-1,
            shares=vim.SharesInfo(level="normal", shares=0),
        )

    return vim.ResourceConfigSpec(cpuAllocation=share(), memoryAllocation=share())


main()
