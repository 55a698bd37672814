"""The migration as a short pyVmomi script does it: keyed read, then one VM after the other, each task waited for.

    pyvmomi.py URL COUNT

COUNT containerVMs are migrated.
"""

import sys
from urllib.parse import urlsplit

from pyVim.connect import Disconnect, SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

ID = "guestinfo.vice./common/id"
NAME = "guestinfo.vice./common/name"
PATHS = [f'config.extraConfig["{key}"]' for key in (ID, NAME, "common/name")] + ["config.changeVersion"]

url, count = urlsplit(sys.argv[1]), int(sys.argv[2])
instance = SmartConnect(
    host=url.hostname, port=url.port, user=url.username, pwd=url.password, disableSslCertValidation=True
)
try:
    content = instance.RetrieveContent()
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    query = vmodl.query.PropertyCollector
    traversal = query.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
    spec = query.FilterSpec(
        objectSet=[query.ObjectSpec(obj=view, skip=True, selectSet=[traversal])],
        propSet=[query.PropertySpec(type=vim.VirtualMachine, pathSet=PATHS)],
    )
    page = content.propertyCollector.RetrievePropertiesEx([spec], query.RetrieveOptions(maxObjects=500))
    found = []
    while page is not None:
        found += page.objects
        if page.token is None:
            break
        page = content.propertyCollector.ContinueRetrievePropertiesEx(page.token)
    changed = 0
    for item in found:
        read = [prop.val for prop in item.propSet if prop.val is not None]
        values = {one.key: one.value for one in read if isinstance(one, vim.option.OptionValue)}
        version = next(one for one in read if isinstance(one, str))
        if ID not in values or "common/name" in values or changed == count:
            continue
        options = {"common/name": values[NAME], "common/rename-disabled": "true"}
        WaitForTask(
            item.obj.ReconfigVM_Task(
                vim.vm.ConfigSpec(
                    changeVersion=version,
                    extraConfig=[vim.option.OptionValue(key=key, value=value) for key, value in options.items()],
                )
            )
        )
        changed += 1
    if changed != count:
        sys.exit(f"changed {changed} of {count} containerVMs")
finally:
    Disconnect(instance)
