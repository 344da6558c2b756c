"""What keeps a program of the sandbox: a process of its own a program, which loads as little as it can.

Nothing here knows anything of agentscale. `keeper` isolates and starts, `root` builds what the program sees, `program`
runs it, `watch` ends it, `kernel` has the calls of Linux that this takes.
"""

OWN = "/tmp/own"
"""Where a program begins: an empty folder, also where the interpreter itself is below ``/tmp``."""
