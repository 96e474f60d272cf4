"""Draws the picture of the demo, an SVG on standard output, from what the demo prints on standard input."""

import re
import sys
from html import escape

WIDTH, LEFT, LINE, SIGN = 1000, 28, 20, 7.83

STYLE = """<style>
  text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #c9d1d9; white-space: pre; }
  .cmd { fill: #79c0ff; }
  .h { fill: #ffffff; font-weight: bold; }
  .th { fill: #8b949e; }
  .ok { fill: #7ee787; }
  .bad { fill: #ff9492; }
  .bar { fill: #8b949e; text-anchor: middle; }
</style>"""
TITLE = "The demo: who can reach payroll and why, a grant with its gains, a change that is refused, and what still lets a leaver in"


class Picture:
    def __init__(self):
        self.y, self.parts = 64, []

    def text(self, text, column=0, style=None):
        style = f'class="{style}" ' if style else ""
        x, length = LEFT + column * SIGN, len(text) * SIGN
        self.parts.append(
            f'<text {style}x="{x:.1f}" y="{self.y}" textLength="{length:.1f}" '
            f'lengthAdjust="spacingAndGlyphs">{escape(text, quote=False)}</text>'
        )

    def line(self, text="", style=None):
        if text.strip():
            self.text(text.strip(), len(text) - len(text.lstrip()), style)
        self.y += LINE

    def command(self, command):
        self.line("$ host-test " + re.sub(r"([0-9a-f]{8})-[0-9a-f-]{27}", r"\1…", command), "cmd")
        self.line()

    def table(self, lines):
        """Writes a table: headings, a rule, and rows. A cell begins where its heading does."""
        starts = [found.start() for found in re.finditer(r"(?:^|(?<=  ))\S", lines[0])] + [None]
        for line in lines:
            if line.startswith("─"):
                y = self.y - 5
                self.parts.append(f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - LEFT}" y2="{y}" stroke="#30363d"/>')
            else:
                for start, end in zip(starts, starts[1:]):
                    if line[start:end].strip():
                        self.text(line[start:end].strip(), start, "th" if line is lines[0] else None)
            self.y += LINE

    def svg(self):
        height = self.y - LINE + 16
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">',
                f'<title id="title">{TITLE}</title>',
                STYLE,
                f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="10" fill="#0d1117" stroke="#30363d"/>',
                *(f'<circle cx="{x}" cy="20" r="6" fill="#3d444d"/>' for x in (24, 44, 64)),
                f'<text class="bar" x="{WIDTH / 2}" y="24">cargo run -p host-test</text>',
                f'<line x1="0" y1="38" x2="{WIDTH}" y2="38" stroke="#21262d"/>',
                *self.parts,
                "</svg>",
            ]
        )


def steps(shown):
    """Returns the demo's steps: each command without the program's name, and the lines that it prints."""
    parts = [part.split("\n\n", 1) for part in shown.split("\n$ ")[1:]]
    return [(command.split(" ", 1)[1], rest.split("\n")) for command, rest in parts]


def until_empty(lines, first):
    lines = lines[next(at for at, line in enumerate(lines) if first in line) :]
    return lines[: lines.index("")]


def main():
    picture = Picture()
    picture.line("$ cargo run -p host-test", "cmd")
    picture.line()
    told = steps(sys.stdin.read())
    first = lambda verb, part: next(step for step in told if step[0].startswith(verb) and part in "".join(step[1]))
    command, lines = first("get", "Who can reach")
    picture.command(command)
    title, *table = until_empty(lines, "Who can reach which application")
    picture.line(title, "h")
    picture.table(table)
    picture.line()
    for verb, result, style in [("grant", "✓ applied", "ok"), ("revoke", "✗ refused", "bad")]:
        command, lines = first(verb, result)
        picture.command(command)
        head, *rest = until_empty(lines, result)
        picture.line(head, style)
        for line in rest:
            picture.line(line)
        picture.line()
    command, lines = first("offboard", "after what is planned")
    picture.command(command)
    title, *ways = until_empty(lines, "What still lets")
    picture.line(title, "h")
    # The first way, whole, and those that are open to all.
    end = next(at for at, line in enumerate(ways) if at and line.startswith("  ! "))
    for line in ways[:end] + [line for line in ways if "! open to all" in line]:
        picture.line(line)
    picture.line()
    print(picture.svg())


main()
