"""Figures as text, aligned."""

from harness.results import with_spread


class Column:
    """A figure by its key in the load generator's JSON. With `ratio`, also as a multiple of the first row's."""

    def __init__(self, key, head, digits, ratio=False):
        self.key, self.head, self.digits, self.ratio = key, head, digits, ratio


def cells(scenario, results):
    """The heads, and for each subject its row and what went wrong; columns without any figure are left out."""
    first = {}
    heads, rows = ["subject"], []
    for column in scenario.columns:
        heads.append(column.head)
        if column.ratio:
            heads.append("ratio")
    for subject in scenario.subjects:
        row = [subject.name]
        for column in scenario.columns:
            row.append(with_spread(results.values(scenario.name, subject.name, column.key), column.digits))
            if column.ratio:
                middle = results.median(scenario.name, subject.name, column.key)
                base = first.setdefault(column.key, middle)
                row.append(f"{middle / base:.2f}" if middle is not None and base else "-")
        rows.append((row, results.problems(scenario.name, subject.name)))
    shown = [index for index in range(len(heads)) if index == 0 or any(row[index] != "-" for row, _ in rows)]
    return [heads[index] for index in shown], [([row[index] for index in shown], problems) for row, problems in rows]


def render(about, scenarios, results, verdicts, rounds):
    """The lines of the whole run."""
    lines = [*about, ""]
    if rounds > 1:
        lines += [f"medians of {rounds} rounds, with the spread from least to most where it is over 10 %", ""]
    for scenario in scenarios:
        lines += [f"{scenario.name}: {scenario.title}"]
        heads, rows = cells(scenario, results)
        lines += _aligned(heads, rows) + [""]
    lines += ["against the targets"]
    lines += _aligned(["job", "target", "reached", ""], [
        ([str(verdict.job), verdict.title, verdict.reached, verdict.word], []) for verdict in verdicts])
    return lines


def _aligned(heads, rows):
    widths = [max(len(row[index]) for row in [heads, *(row for row, _ in rows)]) for index in range(len(heads))]
    numbers = {index for index in range(1, len(heads)) if all(row[index][:1] in "-0123456789" for row, _ in rows)}

    def line(row):
        words = [
            row[index].rjust(widths[index]) if index in numbers else row[index].ljust(widths[index])
            for index in range(len(heads))]
        return ("  " + "  ".join(words)).rstrip()

    lines = [line(heads)]
    for row, problems in rows:
        lines.append(line(row))
        lines += [f"    !! {problem}" for problem in problems]
    return lines
