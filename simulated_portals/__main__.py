"""`python -m simulated_portals <portal>`: run one simulated portal by hand."""

from __future__ import annotations

import click

from simulated_portals.be_bda.server import be_bda


@click.group()
def main() -> None:
    """Small servers that keep the rules of real procurement portals, on loopback only."""


main.add_command(be_bda)

if __name__ == "__main__":
    main(prog_name="python -m simulated_portals")
