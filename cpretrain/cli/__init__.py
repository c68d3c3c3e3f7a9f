"""The command line, Fiji's menu and the entry for Appose: the only place that prints results."""


def main() -> None:
    """Run the command line."""
    from cpretrain.cli.step_commands import main as run

    run()
