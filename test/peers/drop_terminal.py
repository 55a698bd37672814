"""Runs a command on a terminal of its own, takes the terminal away when a word is seen there, and prints the exit code."""

import os
import pty
import sys

word, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen = b""
while word.encode() not in seen:
    seen += os.read(terminal, 65536)
os.close(terminal)
_, status = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(status))
