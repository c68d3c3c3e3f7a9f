"""Ask for a folder in a dialog if it is omitted on the command line and there is a display."""

from pathlib import Path

from cpretrain.errors import BadInput


def ask_folder(given: Path | None, argument: str, title: str) -> Path:
    """Return the given folder, or the one that the user chooses in a dialog.

    Parameters
    ----------
    given : pathlib.Path or None
        Folder on the command line.
    argument : str
        Name of the argument.
    title : str
        Dialog title.

    Raises
    ------
    BadInput
        When it was omitted and no dialog can be shown, or the dialog was closed.
    """
    if given is not None:
        return given
    chosen = _dialog(title)
    if chosen is None:
        raise BadInput(f"missing argument {argument}: {title[0].lower()}{title[1:]}")
    return chosen


def _dialog(title: str) -> Path | None:
    try:
        import tkinter
        from tkinter import filedialog

        root = tkinter.Tk()
    except Exception:  # no tkinter, or no display: TclError, ImportError
        return None
    root.withdraw()
    chosen = filedialog.askdirectory(title=title, mustexist=True)
    root.destroy()
    return Path(chosen) if chosen else None
