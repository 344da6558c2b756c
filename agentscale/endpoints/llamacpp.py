"""The child process that `launch` starts: llama.cpp's own HTTP server on loopback, by way of xllamacpp.

It says its address on standard output, in one line, and lives as long as its standard input stays open: when the
parent ends, however it ends, the pipe closes and the server goes with it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m agentscale.endpoints.llamacpp", description=__doc__)
    parser.add_argument("--model", required=True, help="path of a GGUF file")
    parser.add_argument("--slots", type=int, default=4, help="requests at once")
    parser.add_argument("--context", type=int, default=2048, help="tokens of context for each slot")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--port", type=int, default=0, help="0 for a free one")
    parser.add_argument("--chat-template", type=Path, help="a Jinja template, for a model that has none")
    return parser.parse_args(argv)


def parameters(arguments: argparse.Namespace) -> Any:
    """The server's ``CommonParams``. Its context is shared by the slots, hence the product."""
    from xllamacpp import CommonParams

    params = CommonParams()
    params.model.path = arguments.model
    params.hostnames = ["127.0.0.1"]
    params.port = arguments.port
    params.n_ctx = arguments.context * arguments.slots
    params.n_parallel = arguments.slots
    params.cpuparams.n_threads = arguments.threads
    params.cpuparams_batch.n_threads = arguments.threads
    params.use_jinja = True
    params.offline = True
    if arguments.chat_template is not None:
        params.chat_template = arguments.chat_template.read_text(encoding="utf-8")
    return params


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until standard input ends."""
    arguments = _arguments(argv)
    # llama.cpp may write to standard output too: it gets the log, and the address keeps the pipe for itself.
    with os.fdopen(os.dup(1), "w", encoding="ascii") as announcement:
        os.dup2(2, 1)
        from xllamacpp import Server

        server = Server(parameters(arguments))
        announcement.write(f"{server.listening_address}\n")
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
