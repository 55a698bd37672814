"""What seed.py and dump.py share: a pyVmomi session, every VM with chosen properties, the end of a task."""

import contextlib
import os
import sys
import time
from urllib.parse import urlsplit

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl


@contextlib.contextmanager
def connected():
    """A session on GOVC_URL as GOVC_USERNAME with GOVC_PASSWORD; any certificate."""
    url = urlsplit(os.environ["GOVC_URL"])
    instance = SmartConnect(
        host=url.hostname,
        port=url.port or 443,
        user=os.environ["GOVC_USERNAME"],
        pwd=os.environ["GOVC_PASSWORD"],
        disableSslCertValidation=True,
    )
    try:
        yield instance.RetrieveContent()
    finally:
        Disconnect(instance)


def retrieve(content, kind, paths):
    """[(moref object, {path: value})] of every managed object of that kind, page by page."""
    view = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
    query = vmodl.query.PropertyCollector
    spec = query.FilterSpec(
        objectSet=[
            query.ObjectSpec(
                obj=view,
                skip=True,
                selectSet=[query.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)],
            )
        ],
        propSet=[query.PropertySpec(type=kind, pathSet=paths)],
    )
    collector = content.propertyCollector
    page = collector.RetrievePropertiesEx([spec], query.RetrieveOptions(maxObjects=200))
    found = []
    while page is not None:
        for item in page.objects:
            if item.missingSet:
                missing = [entry.path for entry in item.missingSet]
                sys.exit(f"cannot read {', '.join(missing)} of {item.obj._moId}")
            found.append((item.obj, {prop.name: prop.val for prop in item.propSet}))
        if page.token is None:
            break
        page = collector.ContinueRetrievePropertiesEx(page.token)
    view.Destroy()
    return found


def result_of(task):
    """The result of a task that must succeed. It asks for the state: pyVim's WaitForTask waits for ever if
    vcsim ends the task beside the first WaitForUpdatesEx."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        info = task.info
        if info.state == vim.TaskInfo.State.success:
            return info.result
        if info.state == vim.TaskInfo.State.error:
            raise info.error
        time.sleep(0.01)
    sys.exit(f"{task._moId} did not end within 60 s")
