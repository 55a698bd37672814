"""Runs a command to its end and prints what the system accounts for the whole process, as JSON.

    measure.py STDOUT STDERR PROGRAM ARGUMENT...

STDOUT and STDERR are files. `wall`, `user` and `system` are seconds; `peak` is the largest resident set in KiB of the
process, or of the largest one that it waited for. Node cannot tell that of a child.
"""

import json
import os
import signal
import sys
import time

stdout, stderr, *command = sys.argv[1:]
write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
files = [
    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
    (os.POSIX_SPAWN_OPEN, 1, stdout, write, 0o600),
    (os.POSIX_SPAWN_OPEN, 2, stderr, write, 0o600),
]
start = time.monotonic()
child = os.posix_spawnp(command[0], command, os.environ, file_actions=files)
# Whoever loses patience with this process means the other one.
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGKILL))
_, status, usage = os.wait4(child, 0)
wall = time.monotonic() - start
json.dump(
    {
        "code": os.waitstatus_to_exitcode(status),
        "wall": wall,
        "user": usage.ru_utime,
        "system": usage.ru_stime,
        "peak": usage.ru_maxrss,
    },
    sys.stdout,
)
