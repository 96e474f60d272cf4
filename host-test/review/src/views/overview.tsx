import { useMemo } from "preact/hooks";
import { personHref } from "../frame/routes";
import { rowsOf } from "../data/indices";
import { resourceHref } from "../frame/routes";
import { useApp } from "../frame/state";
import { Progress } from "../parts/decide";
import { Facts, Missing } from "../parts/facts";
import { Part, Text, Title } from "../parts/text";
import { capital, count, moment, number } from "../parts/words";
import { WhoReachesHowMuch } from "./reach";
import { inOrder, FindingCard } from "./findings";
import { Logins, Openings, Reasons } from "./pictures";
import { Bars, Picture } from "../parts/charts";

const FEW = 4;

export function Overview() {
  const { review, decisions } = useApp();
  const { head } = review;
  const findings = inOrder(head.findings).filter((finding) => finding.count > 0);
  return (
    <>
      <Title
        above={<Text>{capital(review.account)}</Text>}
        below={
          <>
            <p class="lead">As of {moment(head.time)}.</p>
            <p class="small">
              Read from <Text>{head.source}</Text>
              {head.requests !== null && ` with ${count(head.requests, "request")}`}, version{" "}
              <Text>{head.version}</Text>. Digest <code class="id">{review.digest}</code>
            </p>
          </>
        }
      >
        Who has access to what, and why
      </Title>
      <Missing whole />
      <Figures />
      <div class="tools">
        <Progress done={decisions.decided} all={review.grants} />
        <a href="#/decisions">Your decisions</a>
      </div>
      <Part title="Findings" aside={<a href="#/findings">All {count(findings.length, "finding")}</a>}>
        {findings.length === 0 && <p class="empty">Nothing was found.</p>}
        <ul class="plain findings two">
          {findings.slice(0, FEW).map((finding) => (
            <li key={finding.id}>
              <FindingCard finding={finding} />
            </li>
          ))}
        </ul>
      </Part>
      <div class="pictures">
        <Openings />
        <Logins />
        <WhoReachesHowMuch />
        <Reasons />
        <Widest />
        <Most />
      </div>
      <Part title="What this review rests on">
        <Facts />
      </Part>
    </>
  );
}

function Figures() {
  const { review } = useApp();
  const figures = useMemo(() => {
    const sections = { person: 0, app: 0, group: 0, role: 0, other: 0 };
    for (let row = 0; row < review.resources; row++) sections[review.sectionOf(row)]++;
    return [
      ["people", review.people, "#/people"],
      ["applications", sections.app, "#/applications"],
      ["groups", sections.group, "#/groups"],
      ["roles", sections.role, "#/roles"],
      ["grants", review.grants, undefined],
    ] as const;
  }, [review]);
  return (
    <ul class="plain figures">
      {figures.map(([word, value, href]) => (
        <li key={word}>
          {href ? (
            <a href={href}>
              <b>{number(value)}</b> {word}
            </a>
          ) : (
            <span>
              <b>{number(value)}</b> {word}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The applications, groups and roles that most accounts hold. */
function Widest() {
  const { review } = useApp();
  const bars = useMemo(() => {
    const all = Array.from({ length: review.entitlements }, (_, entitlement) => entitlement);
    return all
      .filter((entitlement) => review.sectionOf(review.entitlementOn[entitlement]!) === "app")
      .map((entitlement) => [entitlement, review.grantsOn(entitlement)] as const)
      .sort((a, b) => b[1] - a[1])
      .slice(0, 8)
      .map(([entitlement, value]) => {
        const on = review.entitlementOn[entitlement]!;
        return { label: review.name(on), value, href: resourceHref(review, on) };
      });
  }, [review]);
  if (bars.length === 0) return null;
  return (
    <Picture title="Applications with most grants">
      <Bars title="Applications with most grants" bars={bars} />
    </Picture>
  );
}

/** The people who hold most. */
function Most() {
  const { review, indices } = useApp();
  const bars = useMemo(() => {
    if (!indices) return [];
    const held = (person: number) => rowsOf(indices.byOwner, person).length;
    const most: number[] = [];
    for (let person = 0; person < review.people; person++) {
      if (most.length === 8 && held(person) <= held(most[7]!)) continue;
      most.push(person);
      most.sort((a, b) => held(b) - held(a));
      most.length = Math.min(most.length, 8);
    }
    return most.map((person) => ({
      label: review.personName(person),
      value: held(person),
      href: personHref(person),
    }));
  }, [review, indices]);
  return (
    <Picture title="People with most grants">
      {indices ? <Bars title="People with most grants" bars={bars} /> : <p class="muted">Counting …</p>}
    </Picture>
  );
}
