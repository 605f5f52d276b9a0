"""``symdiff web``: the local workbench."""

from __future__ import annotations

import importlib.util
import secrets
import socket
import sys
from argparse import Namespace

from symdiff.cli.output import Outcome
from symdiff.errors import UsageError

LOCAL = ("127.0.0.1", "localhost", "[::1]")


def run(_reference: str | None, options: Namespace) -> Outcome:
    """Serve the page until interrupted."""
    missing = [m for m in ("starlette", "uvicorn", "tomlkit") if importlib.util.find_spec(m) is None]
    if missing:
        raise UsageError(
            f"the workbench needs {' and '.join(missing)}",
            where="symdiff web",
            instead="pip install 'symdiff-continuum[web]', or '.[web]' in the folder of its source",
        )
    import uvicorn

    from symdiff.web.app import create_app
    from symdiff.web.connections import PatientProtocol
    from symdiff.web.security import Access

    host = options.host or "127.0.0.1"
    shared = host not in ("127.0.0.1", "localhost", "::1")
    listener = _listener(host, options.port)
    port = listener.getsockname()[1]
    token = secrets.token_urlsafe(24) if shared else ""
    access = Access(frozenset() if shared else frozenset(f"{name}:{port}" for name in LOCAL), token)
    name = socket.gethostname() if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    address = f"http://{name}:{port}/" + (f"#token={token}" if token else "")
    sys.stderr.write(f"symdiff workbench: {address}  (Ctrl-C ends it)\n")
    if shared:
        sys.stderr.write("everybody on this network who has the address with its token can use it\n")
    sys.stderr.flush()
    server = uvicorn.Server(uvicorn.Config(create_app(access), http=PatientProtocol, log_level="warning", limit_concurrency=400, timeout_keep_alive=5,
                                           h11_max_incomplete_event_size=64 * 1024, server_header=False))  # fmt: skip
    server.run(sockets=[listener])
    return Outcome(0)


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError(
            f"nothing can listen on {host}, port {port} ({error})",
            where="symdiff web",
            instead="choose another --port; 0 takes a free one",
        ) from None
    listener.listen(128)
    return listener
