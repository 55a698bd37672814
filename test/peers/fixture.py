"""Reads a fixture (fixtures/README.md) into plain VMs with whole ExtraConfigs, for seed.py.

Written from the documented format alone and shares nothing with the simulator's reader, so that the two
check each other.
"""

import hashlib
import json
import os
import uuid

CONTAINER_ID = "guestinfo.vice./common/id"
CONTAINER_NAME_KEYS = ("common/name", "guestinfo.vice./common/name")
APPLIANCE_ID = "guestinfo.vice./init/common/id"
APPLIANCE_NAME_KEYS = ("init/common/name", "common/name", "guestinfo.vice./init/common/name")


def load(path):
    """The fixture document and its VMs, those of `generate` included. Each VM has `extraConfig` with raw
    values as vSphere holds them; an appliance's own moref is not known yet: see `is_appliance`."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    encoded = {}
    for maps in ("vic-old.jsonl", "vic-encoded.jsonl"):
        encoded.update(_encoded(os.path.join(os.path.dirname(path), maps)))
    vms = [dict(vm) for vm in document.get("vms", [])]
    for rule in document.get("generate", []):
        vms.extend(_generated(rule))
    uuids = {vm["name"]: vm["uuid"] for vm in vms if "uuid" in vm and "vch" not in vm}
    for vm in vms:
        vm["extraConfig"] = _extra_config(vm, encoded)
        if "uuid" not in vm:
            if "vch" in vm:
                vm["uuid"] = str(uuid.uuid5(uuid.UUID(uuids[vm["vch"]]), vm["containerId"]))
            else:
                vm["uuid"] = str(uuid.uuid5(uuid.NAMESPACE_URL, vm["name"]))
    return document, vms


def is_appliance(vm):
    return APPLIANCE_ID in vm["extraConfig"]


def _encoded(path):
    with open(path, encoding="utf-8") as file:
        # VIC stores an empty string as <nil>; the maps hold it as "".
        return {
            line["name"]: {key: value if value != "" else "<nil>" for key, value in line["config"].items()}
            for line in map(json.loads, file)
        }


def _generated(rule):
    for n in range(1, rule["count"] + 1):
        identity = hashlib.sha256(f"{rule['seed']}/{n}".encode()).hexdigest()
        name = rule["name"].replace("{n}", str(n))
        yield {
            "name": name,
            "folder": rule["folder"],
            "pool": rule["pool"],
            "vch": rule["vch"],
            "extends": rule["extends"][(n - 1) % len(rule["extends"])],
            "powerState": rule["powerStates"][(n - 1) % len(rule["powerStates"])],
            "containerId": identity,
            "containerName": name,
        }


def _extra_config(vm, encoded):
    config = dict(encoded[vm["extends"]]) if "extends" in vm else {}
    if "containerId" in vm:
        config = _replaced(config, config[CONTAINER_ID], vm["containerId"])
        names = [config[key] for key in CONTAINER_NAME_KEYS if key in config]
        config = _replaced(config, names[0], vm["containerName"])
    elif APPLIANCE_ID in config:
        names = [config[key] for key in APPLIANCE_NAME_KEYS if config.get(key, "<nil>") != "<nil>"]
        config = _replaced(config, names[0], vm["name"])
    for key, value in vm.get("extraConfig", {}).items():
        if value is None:
            config.pop(key, None)
        else:
            config[key] = value
    return config


def _replaced(config, old, new):
    return {key.replace(old, new): value.replace(old, new) for key, value in config.items()}
