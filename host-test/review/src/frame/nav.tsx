import { useEffect, useRef } from "preact/hooks";
import { useApp } from "./state";
import type { Route } from "./routes";
import { Progress } from "../parts/decide";
import { number } from "../parts/words";

interface Item {
  words: string;
  href: string;
  views: string[];
  count?: number;
}

export function Nav({ route, section }: { route: Route; section: string }) {
  const { review, decisions } = useApp();
  const { findings, since } = review.head;
  const items: Item[] = [
    { words: "Overview", href: "#/", views: ["overview"] },
    {
      words: "Findings",
      href: "#/findings",
      views: ["findings", "finding"],
      count: findings.filter((one) => one.count > 0).length,
    },
    { words: "People", href: "#/people", views: ["people", "person"] },
    { words: "Applications", href: "#/applications", views: ["applications", "app"] },
    { words: "Groups", href: "#/groups", views: ["groups", "group"] },
    { words: "Roles", href: "#/roles", views: ["roles", "role"] },
    { words: "Policies and more", href: "#/other", views: ["other"] },
    {
      words: "Since the last review",
      href: "#/since",
      views: ["since"],
      count: since ? since.gained + since.lost + since.other : undefined,
    },
    { words: "Decisions", href: "#/decisions", views: ["decisions"] },
  ];
  const list = useRef<HTMLUListElement>(null);
  const now = route.view === "thing" ? section : route.view;
  // On a small screen the list scrolls sideways.
  useEffect(() => {
    const current = list.current?.querySelector<HTMLElement>("[aria-current]");
    if (!list.current || !current || list.current.scrollWidth <= list.current.clientWidth) return;
    list.current.scrollLeft = current.offsetLeft - 40;
  }, [now]);
  return (
    <nav aria-label="Parts of the review">
      <ul class="plain" ref={list}>
        {items.map((item) => (
          <li key={item.href}>
            <a href={item.href} aria-current={item.views.includes(now) ? "page" : undefined}>
              <span>{item.words}</span>
              {item.count !== undefined && item.count > 0 && <span class="count">{number(item.count)}</span>}
            </a>
          </li>
        ))}
      </ul>
      <div class="nav-progress">
        <Progress done={decisions.decided} all={review.grants} />
      </div>
    </nav>
  );
}
