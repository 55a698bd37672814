"""Prints every VM with its complete ExtraConfig as one JSON object, sorted: {moref: {name, uuid,
instanceUuid, powerState, template, extraConfig}}. The judge of what a run has changed."""

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
    "runtime.powerState",
]


def main():
    with connected() as content:
        vms = {}
        for vm, values in retrieve(content, vim.VirtualMachine, PATHS):
            options = values["config.extraConfig"]
            config = {option.key: option.value for option in options}
            if len(config) != len(options):
                sys.exit(f"{values['name']} ({vm._moId}) has a key twice")
            vms[vm._moId] = {
                "name": values["name"],
                "uuid": values["config.uuid"],
                "instanceUuid": values["config.instanceUuid"],
                "template": values["config.template"],
                "powerState": str(values["runtime.powerState"]),
                "extraConfig": config,
            }
    json.dump(vms, sys.stdout, sort_keys=True, ensure_ascii=True)


main()
