"""`channels`: print `docs/channels.md`."""

import click


@click.command()
def channels() -> None:
    """Print the capabilities of every channel as Markdown."""
    from workers.admin.channel_matrix import page

    click.echo(page(), nl=False)
