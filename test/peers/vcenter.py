"""What seed.py, dump.py and write.py share: a pyVmomi session, and every VM with chosen properties."""

import contextlib
import os
import sys
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
