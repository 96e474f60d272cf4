import { useApp } from "../frame/state";
import { useNarrow } from "./narrow";
import { graphOf } from "./path-graph";
import { BOX, layout, LINE, type Placed } from "./path-layout";
import { count, shown } from "./words";

/** The picture of a path: from people through rules, groups and policies to what they hold. */
export function Path(props: { reason: number; who: { text: string; caption: string; href?: string } }) {
  const { review } = useApp();
  const graph = graphOf(review, props.reason, props.who);
  const narrow = useNarrow();
  const upright = narrow && graph.boxes.length === graph.layers;
  const { boxes, paths, width, height } = layout(graph, upright);
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
        {paths.map(({ key, d }) => (
          <path key={key} class="line" d={d} />
        ))}
        {boxes.map((box) => (
          <Node box={box} key={box.key} last={box.layer === graph.layers - 1} />
        ))}
      </svg>
      {graph.left > 0 && <figcaption class="small muted">and {count(graph.left, "more rule")}</figcaption>}
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
          {shown(line)}
        </text>
      ))}
    </>
  );
  const name = `box ${box.layer === 0 ? "first" : last ? "last" : ""}`;
  return box.href ? (
    <a href={box.href} class={name}>
      {inside}
    </a>
  ) : (
    <g class={name}>{inside}</g>
  );
}
