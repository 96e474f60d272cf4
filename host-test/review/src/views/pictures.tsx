import { useMemo } from "preact/hooks";
import { REASON_KINDS } from "../data/format";
import { useApp } from "../frame/state";
import { Bars, Picture, Shares } from "../parts/charts";
import { capital } from "../parts/words";
import { openness } from "./things";

const DAY = 86_400;

/** The applications by how open they are. */
export function Openings() {
  const { review } = useApp();
  const [named, anyone, open] = useMemo(() => {
    const counts: [number, number, number] = [0, 0, 0];
    for (let row = 0; row < review.resources; row++) {
      if (review.sectionOf(row) === "app") counts[openness(review, row) as 0 | 1 | 2]++;
    }
    return counts;
  }, [review]);
  return (
    <Picture title="How open the applications are">
      <Shares
        title="How open the applications are"
        parts={[
          { label: "Public, without a login", value: open!, tone: "bad" },
          { label: "Whoever logs in", value: anyone!, tone: "warn" },
          { label: "Only whom a rule names or a login shows", value: named!, tone: "accent" },
        ]}
      />
    </Picture>
  );
}

const AGES: [string, number, "accent" | "soft" | "warn"][] = [
  ["within 30 days", 30, "accent"],
  ["30 to 90 days", 90, "accent"],
  ["90 to 180 days", 180, "warn"],
  ["180 to 365 days", 365, "warn"],
  ["more than a year", Infinity, "warn"],
];

/** People by the time since their last login to Access. */
export function Logins() {
  const { review } = useApp();
  const bars = useMemo(() => {
    const counts = AGES.map(() => 0);
    let [none, without] = [0, 0];
    for (let person = 0; person < review.people; person++) {
      const last = review.lastLogin(person);
      if (last === undefined) without++;
      else if (last === 0) none++;
      else counts[AGES.findIndex(([, days]) => review.time - last <= days * DAY)]!++;
    }
    return [
      ...AGES.map(([label, , tone], i) => ({ label, value: counts[i]!, tone })),
      { label: "none known", value: none, tone: "warn" as const },
      { label: "no user of Access", value: without, tone: "soft" as const },
    ];
  }, [review]);
  return (
    <Picture title="Last login to Access, in people">
      <Bars title="People by the age of their last login to Access" bars={bars} />
    </Picture>
  );
}

/** By which kinds of rules people hold what they hold. A grant can rest on several. */
export function Reasons() {
  const { review } = useApp();
  const bars = useMemo(() => {
    const kinds = review.columns.small("reason.kind");
    return REASON_KINDS.map(([bit, word]) => {
      let value = 0;
      kinds.forEach((bits, reason) => (value += bits & bit ? review.reasonCount[reason]! : 0));
      return { label: capital(word), value };
    });
  }, [review]);
  return (
    <Picture title="Why grants are held">
      <Bars title="Grants by the kinds of rules behind them; a grant can rest on several" bars={bars} />
    </Picture>
  );
}
