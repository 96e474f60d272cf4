import type { ComponentChildren } from "preact";
import { number, percent, shown } from "./words";
import { wrap } from "./wrap";

export interface Bar {
  label: string;
  value: number;
  href?: string;
  tone?: "accent" | "warn" | "bad" | "soft";
}

const WIDTH = 440;
const LABEL = 170;
const ROW = 30;

/** A picture under its heading. */
export function Picture({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <figure class="picture">
      <figcaption>
        <h2>{title}</h2>
      </figcaption>
      {children}
    </figure>
  );
}

/** Horizontal bars. What they say stands beside them, and in the picture's name. */
export function Bars({ title, bars }: { title: string; bars: Bar[] }) {
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const room = WIDTH - LABEL - 76;
  const height = bars.length * ROW;
  const all = bars.map((bar) => `${bar.label}: ${number(bar.value)}`).join("; ");
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${WIDTH} ${height}`}
      role="group"
      aria-label={shown(`${title}. ${all}.`)}
    >
      {bars.map((bar, i) => {
        const width = bar.value === 0 ? 0 : Math.max(3, (room * bar.value) / most);
        const inside = (
          <>
            <title>{shown(bar.label)}</title>
            <rect x="0" y={i * ROW} width={WIDTH} height={ROW} class="ground" />
            <text x={LABEL - 12} y={i * ROW + 20} class="label">
              {wrap(shown(bar.label), LABEL - 16, 13, 1, 400)[0]}
            </text>
            <rect x={LABEL} y={i * ROW + 8} width={room} height="14" rx="4" class="track" />
            {width > 0 && (
              <rect
                x={LABEL}
                y={i * ROW + 8}
                width={width}
                height="14"
                rx="4"
                class={`bar ${bar.tone ?? ""}`}
              />
            )}
            <text x={LABEL + room + 10} y={i * ROW + 20} class="value">
              {number(bar.value)}
            </text>
          </>
        );
        return bar.href ? (
          <a href={bar.href} key={i}>
            {inside}
          </a>
        ) : (
          <g key={i}>{inside}</g>
        );
      })}
    </svg>
  );
}

/** One bar of parts, with a legend that has their numbers. */
export function Shares({ title, parts }: { title: string; parts: Bar[] }) {
  const all = parts.reduce((sum, part) => sum + part.value, 0);
  const words = parts.map((part) => `${part.label}: ${number(part.value)}`).join("; ");
  let x = 0;
  return (
    <div class="shares">
      <svg class="chart" viewBox="0 0 440 26" role="img" aria-label={shown(`${title}. ${words}.`)}>
        <rect width="440" height="18" y="4" rx="5" class="track" />
        {parts.map((part, i) => {
          const width = all === 0 ? 0 : (440 * part.value) / all;
          const at = x;
          x += width;
          return width > 0 ? (
            <rect
              key={i}
              x={at}
              y="4"
              width={Math.max(2, width - 2)}
              height="18"
              rx="4"
              class={`bar ${part.tone ?? ""}`}
            />
          ) : null;
        })}
      </svg>
      <ul class="plain legend">
        {parts.map((part) => (
          <li key={part.label}>
            <span class={`dot ${part.tone ?? "accent"}`} aria-hidden="true" />
            {part.href ? <a href={part.href}>{part.label}</a> : part.label}
            <b>{number(part.value)}</b>
            <span class="muted small">{percent(part.value, all)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
