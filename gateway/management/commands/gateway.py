"""Runs a gateway node: chargers connect to it, workers send it orders."""

import asyncio
import signal
import socket
import ssl
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gateway.certificate import Certificate
from gateway.commands import serve_orders
from gateway.metrics import serve_metrics
from gateway.server import Gateway
from installations.doors import configured_doors


class Command(BaseCommand):
    help = __doc__
    # Without those of pages and the API, which a gateway never loads.
    requires_system_checks = [Tags.caches, Tags.database, Tags.models, Tags.security]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="0.0.0.0", help="address to listen on")  # noqa: S104  chargers are outside
        parser.add_argument("--port", type=int, default=9000)
        parser.add_argument("--node", default=socket.gethostname(), help="name of this node, unique among running ones")
        parser.add_argument("--metrics-port", type=int, default=0, help="0: no metrics endpoint")
        parser.add_argument("--transport", choices=["picows", "websockets"], default=settings.GATEWAY_TRANSPORT)

    def handle(self, *_args: Any, **options: Any) -> None:
        serve_metrics(options["metrics_port"])
        self.certificate = _certificate()
        node = Gateway(
            node=options["node"],
            host=options["host"],
            port=options["port"],
            pepper=settings.CHARGER_KEY_PEPPER.encode(),
            transport=options["transport"],
            behind_proxy=settings.BEHIND_PROXY,
            doors=configured_doors(),
            backend_retry_seconds=settings.BACKEND_RETRY_SECONDS,
            certificate=self.certificate,
            log_messages=settings.MESSAGE_LOG_DAYS > 0,
        )
        try:
            import uvloop
        except ImportError:
            asyncio.run(self.serve(node))
        else:
            uvloop.run(self.serve(node))

    async def serve(self, node: Gateway) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, node.stop)
        if self.certificate is not None:
            loop.add_signal_handler(signal.SIGHUP, self.certificate.renew)

        def ready() -> None:
            node.spawn(serve_orders(node, settings.REDIS_URL))
            self.stdout.write(f"gateway {node.node} listens on {node.host}:{node.bound_port}")

        await node.run(ready=ready)


def _certificate() -> Certificate | None:
    if not settings.GATEWAY_TLS_CERTIFICATE:
        return None
    try:
        return Certificate(settings.GATEWAY_TLS_CERTIFICATE, settings.GATEWAY_TLS_KEY)
    except (OSError, ssl.SSLError) as error:
        raise CommandError(
            f"GATEWAY_TLS_CERTIFICATE and GATEWAY_TLS_KEY are no certificate with its key: {type(error).__name__}"
        ) from error
