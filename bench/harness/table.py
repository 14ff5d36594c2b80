"""Figures as text, aligned."""

import statistics


class Column:
    """A figure by its key in the load generator's JSON. With `ratio`, also as a multiple of the first row's."""

    def __init__(self, key, head, digits, ratio=False):
        self.key, self.head, self.digits, self.ratio = key, head, digits, ratio


def render(about, scenarios, results, rounds):
    """The lines of the whole report."""
    lines = [*about, ""]
    if rounds > 1:
        lines += [f"medians of {rounds} rounds, with the spread from least to most where it is over 10 %", ""]
    for scenario in scenarios:
        lines += [f"{scenario.name}: {scenario.title}", *_rows(scenario, results), ""]
    return lines


def _rows(scenario, results):
    first = {}
    heads, rows = ["subject"], []
    for column in scenario.columns:
        heads.append(column.head)
        if column.ratio:
            heads.append("ratio")
    for subject in scenario.subjects:
        rounds = results.get((scenario.name, subject.name), [])
        failures = [figures["failure"] for figures in rounds if "failure" in figures]
        row = [subject.name]
        for column in scenario.columns:
            values = [figures[column.key] for figures in rounds if figures.get(column.key) is not None]
            middle = statistics.median(values) if values else None
            row.append(_value(values, middle, column.digits))
            if column.ratio:
                first.setdefault(column.key, middle)
                base = first[column.key]
                row.append(f"{middle / base:.2f}" if middle is not None and base else "-")
        rows.append((row, failures))
    widths = [max(len(row[index]) for row in [heads, *(row for row, _ in rows)]) for index in range(len(heads))]
    # A column that no subject has a figure for says nothing.
    shown = [index for index in range(len(heads)) if any(row[index] != "-" for row, _ in rows)]

    def line(row):
        cells = [row[index].ljust(widths[index]) if index == 0 else row[index].rjust(widths[index]) for index in shown]
        return "  " + "  ".join(cells).rstrip()

    lines = [line(heads)]
    for row, failures in rows:
        lines.append(line(row))
        lines += [f"    failed: {failure}" for failure in failures]
    return lines


def _value(values, middle, digits):
    if middle is None:
        return "-"
    text = f"{middle:,.{digits}f}"
    least, most = min(values), max(values)
    if middle and (most - least) / abs(middle) > 0.1:
        text += f" ({least:,.{digits}f}-{most:,.{digits}f})"
    return text
