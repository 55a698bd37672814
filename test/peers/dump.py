"""Prints every VM with its complete ExtraConfig as one JSON object, sorted: {moref: {name, uuid,
instanceUuid, powerState, connectionState, template, extraConfig}}. The judge of what a run has changed.
vCenter shows no configuration of a VM that is orphaned or inaccessible: it has {} here."""

import json
import sys

from pyVmomi import vim
from vcenter import connected, retrieve

PATHS = [
    "name",
    "config.uuid",
    "config.instanceUuid",
    "config.template",
    "config.extraConfig",
    "runtime.connectionState",
    "runtime.powerState",
]


def main():
    with connected() as content:
        vms = {}
        for vm, values in retrieve(content, vim.VirtualMachine, PATHS):
            connected_now = str(values["runtime.connectionState"]) == "connected"
            if connected_now and "config.extraConfig" not in values:
                sys.exit(f"{values['name']} ({vm._moId}) is connected and has no configuration")
            options = values.get("config.extraConfig", [])
            config = {option.key: option.value for option in options}
            if len(config) != len(options):
                sys.exit(f"{values['name']} ({vm._moId}) has a key twice")
            vms[vm._moId] = {
                "name": values["name"],
                "uuid": values.get("config.uuid"),
                "instanceUuid": values.get("config.instanceUuid"),
                "template": values.get("config.template"),
                "connectionState": str(values["runtime.connectionState"]),
                "powerState": str(values["runtime.powerState"]),
                "extraConfig": config,
            }
    json.dump(vms, sys.stdout, sort_keys=True, ensure_ascii=True)


main()
