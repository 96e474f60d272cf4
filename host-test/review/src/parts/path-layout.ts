import type { Box, Graph } from "./path-graph";
import { wrap } from "./wrap";

export const BOX = 158;
const GAP = 40;
export const LINE = 16;
const BETWEEN = 12;
const SIZE = 13;

/** A box with its place. One without text is a bend of a line that passes other boxes. */
export interface Placed extends Box {
  x: number;
  y: number;
  height: number;
  lines: string[];
}

export interface Layout {
  boxes: Placed[];
  paths: { key: string; d: string }[];
  width: number;
  height: number;
}

/** Places the boxes: one column for each layer, or one below the other if `upright`. */
export function layout(graph: Graph, upright: boolean): Layout {
  return upright ? inOneColumn(graph) : inColumns(graph);
}

function sized(box: Box): Placed {
  const lines = wrap(box.text, BOX - 24, SIZE, 3);
  const caption = wrap(box.caption, BOX - 24, 11, 1, 400)[0]!;
  return { ...box, caption, lines, height: 34 + lines.length * LINE, x: 0, y: 0 };
}

function inOneColumn(graph: Graph): Layout {
  let y = 1;
  const boxes = graph.boxes.map((box) => {
    const placed = { ...sized(box), x: 1, y };
    y += placed.height + GAP - 12;
    return placed;
  });
  const paths = boxes.slice(1).map((box, i) => {
    const from = boxes[i]!;
    return { key: box.key, d: `M${BOX / 2} ${from.y + from.height} V${box.y - 1} m-4 -5 l4 5 l4 -5` };
  });
  return { boxes, paths, width: BOX + 2, height: y - GAP + 13 };
}

function inColumns(graph: Graph): Layout {
  const boxes = new Map(graph.boxes.map((box) => [box.key, sized(box)]));
  // A line that passes a layer gets a place of its own in it, so that it passes beside the boxes.
  const ways = graph.lines.map(([from, to]) => {
    const way = [from];
    for (let layer = boxes.get(from)!.layer + 1; layer < boxes.get(to)!.layer; layer++) {
      const key = `bend ${from} ${to} ${layer}`;
      boxes.set(key, { caption: "", text: "", layer, key, lines: [], height: 10, x: 0, y: 0 });
      way.push(key);
    }
    return [...way, to];
  });
  const before = new Map<string, string[]>();
  for (const way of ways) {
    for (let i = 1; i < way.length; i++) before.set(way[i]!, [...(before.get(way[i]!) ?? []), way[i - 1]!]);
  }
  const columns: Placed[][] = [];
  const place = new Map<string, number>();
  for (let layer = 0; layer < graph.layers; layer++) {
    const column = [...boxes.values()].filter((box) => box.layer === layer);
    const middle = (box: Placed) => {
      const places = (before.get(box.key) ?? []).map((key) => place.get(key) ?? 0);
      return places.length ? places.reduce((sum, one) => sum + one, 0) / places.length : 0;
    };
    column.sort((a, b) => middle(a) - middle(b));
    column.forEach((box, i) => place.set(box.key, (i + 0.5) / column.length));
    columns.push(column);
  }
  const heights = columns.map(
    (column) => column.reduce((sum, box) => sum + box.height, 0) + BETWEEN * (column.length - 1),
  );
  const height = Math.max(...heights);
  columns.forEach((column, layer) => {
    let y = 1 + (height - heights[layer]!) / 2;
    for (const box of column) {
      Object.assign(box, { x: 1 + layer * (BOX + GAP), y });
      y += box.height + BETWEEN;
    }
  });
  const paths = ways.map((way) => ({ key: way.join(" "), d: curve(way.map((key) => boxes.get(key)!)) }));
  const width = graph.layers * BOX + (graph.layers - 1) * GAP + 2;
  return { boxes: [...boxes.values()].filter((box) => box.text !== ""), paths, width, height: height + 2 };
}

/** A line through boxes and bends, with an arrow at its end. */
function curve(way: Placed[]): string {
  const middle = (box: Placed) => box.y + box.height / 2;
  let path = `M${way[0]!.x + BOX} ${middle(way[0]!)}`;
  for (let i = 1; i < way.length; i++) {
    const [from, to] = [way[i - 1]!, way[i]!];
    const [x, endX] = [from.x + BOX, to.x - (i === way.length - 1 ? 1 : 0)];
    const half = (endX - x) / 2;
    path += ` C${x + half} ${middle(from)} ${endX - half} ${middle(to)} ${endX} ${middle(to)}`;
    if (i < way.length - 1) path += ` H${to.x + BOX}`;
  }
  return `${path} m-5 -4 l5 4 l-5 4`;
}
