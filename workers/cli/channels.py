"""`channels`: what every channel can do, as the page in the documentation shows it."""

import click


@click.command()
def channels() -> None:
    """Print what every channel can do, as Markdown."""
    from workers.admin.channel_matrix import page

    click.echo(page(), nl=False)
