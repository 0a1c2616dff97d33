"""``splitbrain serve``: a page over the runs that are kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from splitbrain.cli.failure import Problems
from splitbrain.cli.output import print_json, print_text, store_option
from splitbrain.quantities import QuantityError, parse_whole

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from splitbrain.web.listening import Place


@click.command("serve")
@click.option(
    "--port",
    metavar="PORT",
    help="Where to listen; 0: anywhere that is free.  [default: 7420, or if that is taken 0]",
)
@click.option(
    "--bind",
    metavar="HOST",
    default="127.0.0.1",
    help="An address of this machine that others can reach, or 0.0.0.0 for all of them; whoever "
    "looks must then have the token that is printed.  [default: 127.0.0.1]",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    help="Another name by which browsers may call this machine; may be repeated.",
)
@click.option("--token", is_flag=True, help="Ask for a token on this machine, too.")
@click.option("--open/--no-open", "opens", help="Open it in a browser.  [default: no-open]")
@store_option
@click.option("--json", "as_json", is_flag=True, help="Where it listens as JSON on stdout.")
@click.pass_context
def serve_command(
    ctx: click.Context,
    port: str | None,
    bind: str,
    names: tuple[str, ...],
    token: bool,
    opens: bool,
    store: Path | None,
    as_json: bool,
) -> int:
    """Show the runs that are kept as a page, until interrupted: list, filter, compare, follow.

    It shows, and changes nothing: no file of the store is opened for writing. Only this machine
    can reach it, unless --bind says otherwise. The connection is not encrypted: over a network
    that is not yours, use a tunnel (ssh -L 7420:localhost:7420 HOST).

    \b
    splitbrain serve
    splitbrain serve --port 0 --open
    splitbrain serve --bind 0.0.0.0
    """
    import secrets
    import threading
    import webbrowser

    from histories.archive import default_store
    from splitbrain.web.listening import Unbound, listen, serve

    problems = []
    number = None
    if port is not None:
        try:
            number = parse_whole(port, minimum=0, maximum=65535)
        except QuantityError as error:
            problems.append(f"--port: {error}")
    where = (store or default_store()).expanduser().absolute()
    if where.exists() and not where.is_dir():
        problems.append(f"--store: {where} is no folder; name the one that has runs/ in it.")
    if problems:
        raise Problems(problems, ctx)
    try:
        place = listen(bind, number)
    except Unbound as error:
        raise Problems([str(error)], ctx) from None
    with place.socket:
        word = secrets.token_urlsafe(32) if token or place.public else None
        if opens and word is not None:
            raise Problems(
                [
                    "--open: a browser that is started gets the address, token and all, in its "
                    "command line, which others of this machine can read; open it by hand."
                ],
                ctx,
            )
        app = _site(place, where, word, names)
        url = place.url if word is None else f"{place.url}?token={word}"
        _tell(url, place.host, place.port, where, word, as_json=as_json)
        if opens:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        serve(app, [place.socket])
    return 0


def _tell(url: str, host: str, port: int, store: Path, token: str | None, *, as_json: bool) -> None:
    """Say where it listens: the only place in which the token is ever written."""
    if as_json:
        told = {"url": url, "host": host, "port": port, "token": token, "store": str(store)}
        print_json(told)
    else:
        print_text(f"Runs of {store}: {url}")
        if token is not None:
            print_text("Whoever has this address sees all runs. It holds until this server ends.")
        print_text("Ctrl-C ends it.")
    sys.stdout.flush()


def _site(place: Place, store: Path, token: str | None, names: tuple[str, ...]) -> ASGIApp:
    """The site, which reads the store while its address is told."""
    import threading

    from splitbrain.web import listing
    from splitbrain.web.app import make_app
    from splitbrain.web.gate import Gate
    from splitbrain.web.site import Site

    gate = Gate(
        names=place.names | {name.lower().removesuffix(".") for name in names},
        any_address=place.public,
        token=token,
        # Servers on one machine share their browser's cookies, whatever their ports.
        cookie=f"splitbrain-{place.port}",
    )
    site = Site(store, gate)
    threading.Thread(target=listing.warm, args=(site,), daemon=True).start()
    return make_app(site)
