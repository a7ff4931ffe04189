"""Line charts as SVG and tables as HTML, without a library and without a script; pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from eval.evaluation import Table

WIDTH, HEIGHT = 380, 290
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 12, 40
COLOURS = ("#2563eb", "#d97706", "#059669", "#be185d", "#7c3aed", "#0891b2", "#65a30d", "#dc2626")

Points = Sequence[tuple[float, float]]
Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis.

    Args:
        ticks: where a line is drawn, and what stands at it.
    """

    label: str
    ticks: tuple[tuple[float, str], ...]

    @property
    def low(self) -> float:
        return self.ticks[0][0]

    @property
    def high(self) -> float:
        return self.ticks[-1][0]


def share_axis(label: str) -> Axis:
    """From 0 to 1."""
    return Axis(label, tuple((tenth / 5, f"{tenth / 5:.1f}") for tenth in range(6)))


def line_chart(
    title: str,
    lines: Mapping[str, Points],
    x: Axis,
    y: Axis,
    *,
    diagonal: bool = False,
    upright: tuple[float, str] | None = None,
    dots: Mapping[str, Sequence[float]] | None = None,
) -> str:
    """A figure.

    Args:
        diagonal: whether the line on which both values are equal is drawn.
        upright: a value of ``x`` to mark, and its name.
        dots: radii of dots at the points of a line, in pixels.
    """

    def across(value: float) -> float:
        return LEFT + (value - x.low) / ((x.high - x.low) or 1) * (WIDTH - LEFT - RIGHT)

    def down(value: float) -> float:
        return HEIGHT - BOTTOM - (value - y.low) / ((y.high - y.low) or 1) * (HEIGHT - TOP - BOTTOM)

    parts = [_grid(x, y, across, down)]
    if diagonal:
        start, end = max(x.low, y.low), min(x.high, y.high)
        parts.append(
            f'<path class="aid" d="M{across(start):.1f} {down(start):.1f}L{across(end):.1f} {down(end):.1f}"/>'
        )
    if upright:
        place = across(upright[0])
        parts.append(f'<path class="aid" d="M{place:.1f} {TOP}V{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{place + 3:.1f}" y="{TOP + 10}">{escape(upright[1])}</text>')
    for number, (name, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = "L".join(f"{across(a):.1f} {down(b):.1f}" for a, b in points)
        parts.append(f'<path fill="none" stroke="{colour}" stroke-width="2" d="M{path}"/>' if points else "")
        radii = (dots or {}).get(name, [3.0] * len(points) if len(points) <= len(x.ticks) else [])
        parts += [
            f'<circle cx="{across(a):.1f}" cy="{down(b):.1f}" r="{r:.1f}" fill="{colour}" fill-opacity="0.6"/>'
            for (a, b), r in zip(points, radii, strict=False)
        ]
    legend = "".join(
        f'<li><span style="background:{COLOURS[number % len(COLOURS)]}"></span>{escape(name)}</li>'
        for number, name in enumerate(lines)
    )
    drawn = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'
    return f'<figure><figcaption>{escape(title)}</figcaption>{drawn}<ul class="legend">{legend}</ul></figure>'


def _grid(x: Axis, y: Axis, across: Scale, down: Scale) -> str:
    parts = []
    for value, label in x.ticks:
        parts.append(f'<path class="grid" d="M{across(value):.1f} {TOP}V{HEIGHT - BOTTOM}"/>')
        parts.append(
            f'<text x="{across(value):.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{escape(label)}</text>'
        )
    for value, label in y.ticks:
        parts.append(f'<path class="grid" d="M{LEFT} {down(value):.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{down(value) + 4:.1f}" text-anchor="end">{escape(label)}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x.label)}</text>')
    centre = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(
        f'<text x="12" y="{centre:.1f}" text-anchor="middle" transform="rotate(-90 12 {centre:.1f})">'
        f"{escape(y.label)}</text>"
    )
    return "".join(parts)


def table(drawn: Table, heading: str = "h3") -> str:
    """The table with its title; cells that begin with a number are set to the right."""
    head = "".join(f"<th>{escape(column)}</th>" for column in drawn.columns)
    body = "".join(
        "<tr>" + "".join(f"<td{_class(cell)}>{escape(cell)}</td>" for cell in row) + "</tr>" for row in drawn.rows
    )
    title = f"<{heading}>{escape(drawn.title)}</{heading}>" if drawn.title else ""
    return f'{title}<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _class(cell: str) -> str:
    return ' class="number"' if cell[:1].isdigit() or cell.startswith(("+", "-", "–")) else ""
