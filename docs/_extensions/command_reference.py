"""A directive that writes the reference of the command line from the commands themselves."""

from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class CommandReference(SphinxDirective):
    """``{command-reference}``: a section for each command, with its arguments and options."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        return [_section(name, command) for name, command in _commands()]


def _commands() -> list[tuple[str, Any]]:
    """Name and command of each command, those of groups (``round start``) with the group's name before theirs."""
    import typer

    from cpretrain.cli import model_commands, step_commands  # noqa: F401 -- importing them registers the commands
    from cpretrain.cli.app import app

    found: list[tuple[str, Any]] = []

    def collect(prefix: str, command: Any) -> None:
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                collect(f"{prefix} {name}", inner)
        else:
            found.append((prefix, command))

    collect("cpretrain", typer.main.get_command(app))
    return found


def _section(name: str, command: Any) -> nodes.section:
    import click

    context = click.Context(command, info_name=name)
    section = nodes.section(ids=[nodes.make_id(name)], names=[nodes.fully_normalize_name(name)])
    section += nodes.title("", "", nodes.literal(text=name))
    for paragraph in (command.help or "").split("\n\n"):
        section += nodes.paragraph(text=" ".join(paragraph.split()))
    section += nodes.literal_block(text=" ".join([name, *command.collect_usage_pieces(context)]))
    rows = [record for p in command.params if (record := p.get_help_record(context))]
    section += _table(rows)
    return section


def _table(rows: list[tuple[str, str]]) -> nodes.table:
    table, group, body = nodes.table(), nodes.tgroup(cols=2), nodes.tbody()
    group += [nodes.colspec(colwidth=30), nodes.colspec(colwidth=70)]
    for option, text in rows:
        row = nodes.row()
        row += nodes.entry("", nodes.paragraph("", "", nodes.literal(text=option)))
        row += nodes.entry("", nodes.paragraph(text=text))
        body += row
    group += body
    table += group
    return table


def setup(app: Any) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("command-reference", CommandReference)
    return {"parallel_read_safe": True}
