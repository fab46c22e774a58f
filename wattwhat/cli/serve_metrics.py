"""The verb serve-metrics: joules and watts of every channel for Prometheus, until Ctrl-C."""

from __future__ import annotations

import argparse
import threading

from wattwhat.cli.options import add_backends, add_json, backends_of
from wattwhat.cli.output import check_destination, deliver, say
from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import json_text

__all__ = ["EXAMPLES", "add_arguments", "call"]

EXAMPLES = """examples:
  wattwhat serve-metrics
  wattwhat serve-metrics --port 9935 --address 0.0.0.0

Ctrl-C ends it. Nothing is listened to but this machine unless --address says
so. Sum what is counted: sum(rate(wattwhat_joules_total{counted="true"}[5m]))
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("--port", type=int, default=9935, help="where to listen; default: 9935")
    parser.add_argument("--address", default="127.0.0.1", help="of which interface; default: 127.0.0.1")
    add_backends(parser)
    add_json(parser, "the address as one JSON object, on standard output or into FILE")


def call(arguments: argparse.Namespace, ended: threading.Event | None = None) -> int:
    """Serve until told to stop."""
    if not 0 <= arguments.port <= 65535:
        raise ArgumentError(argument="--port", expected="a number from 0 to 65535", got=arguments.port)
    check_destination(arguments.json, holds=("url",), arguments=arguments)
    try:
        from wattwhat.integrations.prometheus import serve
    except ImportError as err:
        raise ArgumentError(
            f"serve-metrics needs prometheus-client ({err})", remedy="install wattwhat[prometheus]"
        ) from None
    try:
        server, end = serve(arguments.port, arguments.address, backends_of(arguments))
    except OSError as err:
        why = err.strerror or err
        raise ArgumentError(
            f"{arguments.address}:{arguments.port} cannot be listened to: {why}", argument="--port"
        ) from None
    url = f"http://{arguments.address}:{server.server_port}/metrics"
    try:
        if arguments.json is not None:
            deliver(json_text({"url": url}), arguments.json)
        else:
            say(f"serving {url}")
        (ended or threading.Event()).wait()
    except KeyboardInterrupt:
        pass
    finally:
        end()
    return 0
