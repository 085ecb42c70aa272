"""tables.py - aligned tables, and aims with what was reached."""


def table(title, head, rows):
    rows = [[cell if isinstance(cell, str) else f"{cell:,}" for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [head] + rows) for i in range(len(head))]
    print(f"\n{title}")
    for row in [head] + rows:
        print("  " + "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))).rstrip(), flush=True)


class Aims:
    """What should be reached, what was, and whether that is enough."""

    def __init__(self):
        self.rows = []

    def least(self, what, value, aim, unit=""):
        self._add(what, value, aim, unit, value >= aim, "at least")

    def most(self, what, value, aim, unit=""):
        self._add(what, value, aim, unit, value <= aim, "at most")

    def _add(self, what, value, aim, unit, is_met, bound):
        self.rows.append({"what": what, "value": round(value, 3), "bound": bound, "aim": aim, "unit": unit, "met": is_met})

    def print(self):
        if self.rows:
            table("Aims", ["", "measured", "aim", "met"],
                  [[row["what"], f"{row['value']:.4g} {row['unit']}".strip(), f"{row['bound']} {row['aim']} {row['unit']}".strip(),
                    "yes" if row["met"] else "NO"] for row in self.rows])
