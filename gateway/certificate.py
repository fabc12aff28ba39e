"""The gateway's own TLS certificate, for chargers that dial it without a proxy between (security profile 2)."""

import asyncio
import os
import ssl
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

LOOK_SECONDS = 10.0


class Certificate:
    """PEM files of the chain and its private key (one file may hold both), read anew when they change.

    Connections that stand are left alone; the next handshake uses what was read last. A renewal that cannot be read
    leaves the former one in use.
    """

    def __init__(self, chain: str, key: str = "") -> None:
        """Raises OSError or ssl.SSLError when the files are no certificate with its key."""
        self._chain, self._key = Path(chain), Path(key or chain)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._read_at = self._marks()
        self.context.load_cert_chain(self._chain, self._key)

    def changed(self) -> bool:
        return self._marks() != self._read_at

    def read_again(self) -> None:
        """Raises as the constructor does; tried again only when the files change once more."""
        self._read_at = self._marks()
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self._chain, self._key)
        self.context.load_cert_chain(self._chain, self._key)

    def renew(self) -> bool:
        """Read it again and say in the log what came of it."""
        try:
            self.read_again()
        except (OSError, ssl.SSLError) as error:
            log.error("the certificate cannot be read, the former one stays", error=type(error).__name__)
            return False
        log.info("the certificate was read again")
        return True

    async def keep_current(self) -> None:
        """For ever: follow the files."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                changed = self.changed()
            except OSError:
                continue  # in the middle of a renewal
            if changed:
                self.renew()

    def _marks(self) -> tuple[tuple[int, int, int], ...]:
        found = (os.stat(path) for path in (self._chain, self._key))
        return tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in found)
