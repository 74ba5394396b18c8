"""Servers that are not what the settings take them for: another product, another version, another certificate."""

from __future__ import annotations

import datetime as dt
import http.server
import ipaddress
import json
import shutil
import signal
import socketserver
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.ports import free_port
from tests.support import postgres

ELASTICSEARCH = {"x-elastic-product": "Elasticsearch", "content-type": "application/json"}
PASSWORD = "S3cret-of-the-owner"


def self_signed(folder: Path, name: str = "elsewhere.example") -> tuple[Path, Path]:
    """A certificate that nobody vouches for, and its key; valid for `name` alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    begin = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    try:
        host: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        host = x509.DNSName(name)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    certificate, secret = folder / "server.crt", folder / "server.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    secret.chmod(0o600)
    return certificate, secret


@contextmanager
def answering(
    status: int, body: Any, headers: Mapping[str, str], certificate: tuple[Path, Path] | None = None
) -> Iterator[int]:
    """The port of a web server that gives this answer to whatever it is asked."""
    said = body.encode() if isinstance(body, str) else json.dumps(body).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(said)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer

        def log_message(self, *_: Any) -> None:
            """Requests are no news."""

    server = _Quiet(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with _served(server) as port:
        yield port


class _Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up, or speaks another protocol, is what is tested."""


@contextmanager
def saying(words: bytes) -> Iterator[int]:
    """The port of a server that says this to whoever connects, and hangs up."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1024)
            self.request.sendall(words)

    with _served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        yield port


@contextmanager
def _served(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class SecuredPostgres:
    """A PostgreSQL that wants TLS and passwords, with its own certificate for another host."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.certificate = folder / "data" / "server.crt"

    def url(
        self, database: str, *, user: str = "vigie", password: str = PASSWORD, port: int = 0, query: str = ""
    ) -> str:
        """The setting that names a database of this server."""
        return f"postgresql://{user}:{password}@127.0.0.1:{port or self.port}/{database}{query}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """As the owner of everything, on the machine itself."""
        with psycopg.connect(self._socket(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _socket(self, database: str) -> str:
        return f"host={self.folder} port={self.port} user=vigie dbname={database}"

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Until it answers."""
        deadline = time.monotonic() + postgres.START_TIMEOUT
        while True:
            try:
                return self.execute("SELECT 1")
            except psycopg.OperationalError:
                assert process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)


@contextmanager
def secured_postgres() -> Iterator[SecuredPostgres]:
    """A server of its own, as one that an administrator set up with care."""
    binaries = postgres._binaries()
    if binaries is None:
        postgres.missing(
            "To refuse passwords and certificates PostgreSQL's binaries are needed (Debian: postgresql-15)."
        )
    folder = Path(tempfile.mkdtemp(prefix="vigie-pgs-"))
    try:
        made = postgres._Process(binaries, folder)
        made.make()
        user, data = postgres._unprivileged_user(), folder / "data"
        for path in self_signed(data, "db.example"):
            if user:
                shutil.chown(path, user)
        (data / "pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
        found = SecuredPostgres(folder, free_port())
        settings = {"port": found.port, "ssl": "on", "unix_socket_directories": folder, "fsync": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        with (folder / "log").open("ab") as log:
            command: list[str | Path] = [binaries / "postgres", "-D", data, "--listen_addresses=127.0.0.1", *options]
            process = subprocess.Popen(command, stdout=log, stderr=log, user=user, cwd=folder)
        try:
            found.wait(process)
            found.execute(f"ALTER ROLE vigie PASSWORD '{PASSWORD}'")
            yield found
        finally:
            process.send_signal(signal.SIGQUIT)  # nothing of it is kept
            process.wait(postgres.START_TIMEOUT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
