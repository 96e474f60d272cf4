import { REASON_KINDS } from "../data/format";
import { useApp } from "../frame/state";
import { Tag, Text } from "./text";
import { capital, count } from "./words";

const MOST = 12;

/** The kinds of a reason: direct, domain, list and so on. */
export function ReasonKinds({ reason }: { reason: number }) {
  const { review } = useApp();
  const bits = review.small("reason.kind", reason);
  return (
    <>
      {REASON_KINDS.filter(([bit]) => bits & bit).map(([bit, word]) => (
        <Tag key={bit}>{word}</Tag>
      ))}
    </>
  );
}

/** The rules that give something, in words. */
export function Why({ reason }: { reason: number }) {
  const { review } = useApp();
  const basis = review.basis(reason);
  return (
    <ul class="plain why">
      {basis.slice(0, MOST).map((one, i) => (
        <li key={i}>
          <Text>{capital(one.words)}</Text>
        </li>
      ))}
      {basis.length > MOST && <li class="muted">and {count(basis.length - MOST, "more rule")}</li>}
    </ul>
  );
}

/** The conditions of a login, what is expected of them, and what takes the grant back. */
export function OnlyIf({ reason }: { reason: number }) {
  const { review } = useApp();
  const conditions = review.conditions(reason);
  const expected = review.text("reason.expected", reason);
  const denied = review.text("reason.denied", reason);
  return (
    <>
      {conditions.length === 1 && (
        <p class="only-if">
          <b>Only if</b> <Text>{conditions[0]!}</Text>
        </p>
      )}
      {conditions.length > 1 && (
        <div class="only-if">
          <b>Only if</b> one of these holds:
          <ul>
            {conditions.map((condition, i) => (
              <li key={i}>
                <Text>{condition}</Text>
              </li>
            ))}
          </ul>
        </div>
      )}
      {expected && (
        <p class="only-if">
          <b>Expected</b> <Text>{expected}</Text>
        </p>
      )}
      {denied && (
        <p class="only-if">
          <b>Denied by</b> <Text>{denied}</Text>
        </p>
      )}
    </>
  );
}

/** Whether the connector can take it away, and if not, what has to change instead. */
export function Revocable({ reason }: { reason: number }) {
  const { review } = useApp();
  if (review.small("reason.revocable", reason) === 1) {
    return (
      <p class="revocable">
        <Tag tone="good">Can be revoked here</Tag>
      </p>
    );
  }
  const instead = review.text("reason.instead", reason);
  return (
    <p class="revocable">
      <Tag>Can't be revoked here</Tag>{" "}
      {instead && (
        <span class="small">
          <Text>{instead}</Text>
        </span>
      )}
    </p>
  );
}
