import { useApp } from "../frame/state";
import { Picture } from "../parts/charts";
import { number } from "../parts/words";

const STEPS: [string, number][] = [
  ["0", 0],
  ["1", 1],
  ["2–5", 5],
  ["6–20", 20],
  ["21–50", 50],
  ["> 50", Infinity],
];
const KINDS = [
  ["app", "applications"],
  ["group", "groups"],
  ["role", "roles"],
] as const;
const [LABEL, CELL, ROW] = [104, 56, 46];

/** The number of people by how many applications, groups and roles they hold. */
export function WhoReachesHowMuch() {
  const { review, indices } = useApp();
  if (!indices) {
    return (
      <Picture title="Who holds how much, in people">
        <p class="muted">Counting …</p>
      </Picture>
    );
  }
  const table = KINDS.map(([kind]) => {
    const counts = STEPS.map(() => 0);
    for (const held of indices.held[kind]) counts[STEPS.findIndex(([, most]) => held <= most)]!++;
    return counts;
  });
  const words = KINDS.map(
    ([, many], i) =>
      `${many}: ${STEPS.map(([step], j) => `${step} are held by ${number(table[i]![j]!)} people`).join(", ")}`,
  ).join("; ");
  const width = LABEL + STEPS.length * CELL;
  const height = 30 + KINDS.length * ROW;
  return (
    <Picture title="Who holds how much, in people">
      <svg
        class="chart"
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`Who holds how much. ${words}.`}
      >
        {STEPS.map(([step], j) => (
          <text key={step} x={LABEL + (j + 0.5) * CELL} y="16" class="head">
            {step}
          </text>
        ))}
        {KINDS.map(([, many], i) => (
          <g key={many}>
            <text x={LABEL - 12} y={30 + (i + 0.5) * ROW + 5} class="label">
              {many}
            </text>
            {STEPS.map(([step], j) => {
              const value = table[i]![j]!;
              const share = review.people === 0 ? 0 : value / review.people;
              const [x, y] = [LABEL + j * CELL + 2, 30 + i * ROW + 2];
              return (
                <g key={step}>
                  <rect x={x} y={y} width={CELL - 4} height={ROW - 4} rx="6" class="track" />
                  {value > 0 && (
                    <rect
                      x={x}
                      y={y}
                      width={CELL - 4}
                      height={ROW - 4}
                      rx="6"
                      class="bar heat"
                      fill-opacity={0.1 + 0.32 * Math.sqrt(share)}
                    />
                  )}
                  <text x={x + CELL / 2 - 2} y={y + ROW / 2 + 3} class={`cell ${value === 0 ? "none" : ""}`}>
                    {number(value)}
                  </text>
                </g>
              );
            })}
          </g>
        ))}
      </svg>
      <p class="muted small">
        How many {KINDS.map(([, many]) => many).join(", ")} a person holds, by a rule that names them: read
        across.
      </p>
    </Picture>
  );
}
