import { useApp } from "../frame/state";
import { useNarrow } from "./narrow";
import { type Box, graphOf } from "./path-graph";
import { count, isolated, shown } from "./words";
import { wrap } from "./wrap";

const BOX = 158;
const GAP = 40;
const LINE = 16;
const BETWEEN = 12;
const SIZE = 13;

interface Placed extends Box {
  x: number;
  y: number;
  height: number;
  lines: string[];
}

/** The picture of a path: from people through rules, groups and policies to what they hold. */
export function Path(props: { reason: number; who: { text: string; caption: string; href?: string } }) {
  const { review } = useApp();
  const graph = graphOf(review, props.reason, props.who);
  const narrow = useNarrow();
  const single = graph.boxes.length === graph.layers;
  const upright = narrow && single;
  const { boxes, width, height } = placed(graph.boxes, graph.layers, upright);
  const byKey = new Map(boxes.map((box) => [box.key, box]));
  return (
    <figure class="path">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="group"
        aria-label={shown(graph.words)}
        class={upright ? "upright" : ""}
      >
        {graph.lines.map(([from, to]) => (
          <path key={`${from} ${to}`} class="line" d={curve(byKey.get(from)!, byKey.get(to)!, upright)} />
        ))}
        {boxes.map((box) => (
          <Node box={box} key={box.key} last={box.layer === graph.layers - 1} />
        ))}
      </svg>
      {graph.left > 0 && <figcaption class="small muted">and {count(graph.left, "more rule")}, listed above</figcaption>}
    </figure>
  );
}

function Node({ box, last }: { box: Placed; last: boolean }) {
  const inside = (
    <>
      <title>{shown(box.text)}</title>
      <rect x={box.x} y={box.y} width={BOX} height={box.height} rx="9" />
      <text x={box.x + 12} y={box.y + 19} class="caption">
        {shown(box.caption)}
      </text>
      {box.lines.map((line, i) => (
        <text x={box.x + 12} y={box.y + 37 + i * LINE} key={i}>
          {isolated(line)}
        </text>
      ))}
    </>
  );
  const name = `box ${box.layer === 0 ? "first" : last ? "last" : ""}`;
  return box.href ? (
    <a href={box.href} class={name} aria-label={shown(`${box.caption} ${box.text}`)}>
      {inside}
    </a>
  ) : (
    <g class={name}>{inside}</g>
  );
}

function placed(boxes: Box[], layers: number, upright: boolean) {
  const all = boxes.map((box): Placed => {
    const lines = wrap(box.text, BOX - 24, SIZE, 3);
    return { ...box, lines, height: 34 + lines.length * LINE, x: 0, y: 0 };
  });
  const heights = Array.from({ length: layers }, (_, layer) => {
    const of = all.filter((box) => box.layer === layer);
    return of.reduce((sum, box) => sum + box.height, 0) + BETWEEN * (of.length - 1);
  });
  if (upright) {
    let y = 1;
    for (const box of all) {
      Object.assign(box, { x: 1, y });
      y += box.height + GAP - 12;
    }
    return { boxes: all, width: BOX + 2, height: y - GAP + 13 };
  }
  const height = Math.max(...heights);
  const next = heights.map((of) => 1 + (height - of) / 2);
  for (const box of all) {
    Object.assign(box, { x: 1 + box.layer * (BOX + GAP), y: next[box.layer]! });
    next[box.layer] = next[box.layer]! + box.height + BETWEEN;
  }
  return { boxes: all, width: layers * BOX + (layers - 1) * GAP + 2, height: height + 2 };
}

function curve(from: Placed, to: Placed, upright: boolean): string {
  if (upright) {
    const x = from.x + BOX / 2;
    return `M${x} ${from.y + from.height} V${to.y - 1} m-4 -5 l4 5 l4 -5`;
  }
  const [x, y] = [from.x + BOX, from.y + from.height / 2];
  const [endX, endY] = [to.x - 1, to.y + to.height / 2];
  const bend = Math.min(60, (endX - x) / 2);
  return `M${x} ${y} C${x + bend} ${y} ${endX - bend} ${endY} ${endX} ${endY} m-5 -4 l5 4 l-5 4`;
}
