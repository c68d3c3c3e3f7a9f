"""``report.html``: the results of an evaluation as one page."""
