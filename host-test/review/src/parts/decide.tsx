import { CHOICE_WORDS, CHOICES, type Choice } from "../decisions/decisions";
import { useApp } from "../frame/state";
import { Text } from "./text";
import { count, moment, number, shown } from "./words";

/** The three choices for what one person holds for one reason: mostly one grant. */
export function Decide({ grants }: { grants: number[] }) {
  const { review, decisions, reviewer, ask, decide } = useApp();
  const grant = grants[0]!;
  const choices = new Set(grants.map((one) => decisions.get(one)?.choice));
  const decision = choices.size === 1 ? decisions.get(grant) : null;
  const about = `${review.ownerName(review.grantPrincipal[grant]!)} on ${review.name(review.onOf(grant))}`;
  const choose = (choice: Choice) => {
    if (decision?.choice === choice) return decide(grants, null, `Decision on ${about} taken back`);
    if (!reviewer) return ask({ rows: grants, choice, about, single: true });
    const note = decision?.note ?? "";
    decide(
      grants,
      { choice, note, reviewer, time: new Date().toISOString() },
      `${CHOICE_WORDS[choice]}: ${about}`,
    );
  };
  return (
    <div class="decide">
      <div class="choices" role="group" aria-label={shown(`Decision: ${about}`)}>
        {CHOICES.map((choice) => (
          <button
            type="button"
            key={choice}
            class={choice}
            aria-pressed={decision?.choice === choice}
            onClick={() => choose(choice)}
          >
            {CHOICE_WORDS[choice]}
          </button>
        ))}
        <button
          type="button"
          class="note-button"
          aria-label={decision?.note ? "Change the note" : "Add a note"}
          title={decision?.note ? "Change the note" : "Add a note"}
          onClick={() => ask({ rows: grants, choice: decision?.choice ?? null, about, single: true })}
        >
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path
              d="M3 3.5h10v7H8l-3 2.5v-2.5H3z"
              fill="none"
              stroke="currentColor"
              stroke-linejoin="round"
            />
          </svg>
        </button>
      </div>
      {choices.size > 1 && <p class="decided small">Decided in another way for each account.</p>}
      {!decision && (
        <p class="print-only">{CHOICES.map((choice) => `☐ ${CHOICE_WORDS[choice]}`).join("  ")}</p>
      )}
      {decision && (
        <p class="decided small">
          <span class="print-only">{CHOICE_WORDS[decision.choice]}, </span>
          {decision.note && (
            <>
              “<Text>{decision.note}</Text>”{" "}
            </>
          )}
          <span class="muted">
            <Text>{decision.reviewer}</Text>, {moment(decision.time)}
          </span>
        </p>
      )}
    </div>
  );
}

/** The choices for all grants of a list, and how many of them are decided. */
export function DecideAll({ rows, about }: { rows: ArrayLike<number>; about: string }) {
  const { decisions, ask } = useApp();
  if (rows.length === 0) return null;
  const decided = decisions.decidedOf(rows);
  return (
    <div class="decide-all">
      <Progress done={decided} all={rows.length} />
      <div
        class="choices"
        role="group"
        aria-label={shown(`Decide for all ${count(rows.length, "grant")}: ${about}`)}
      >
        {CHOICES.map((choice) => (
          <button type="button" class={choice} key={choice} onClick={() => ask({ rows, choice, about })}>
            {CHOICE_WORDS[choice]} all
          </button>
        ))}
      </div>
    </div>
  );
}

/** The part that is decided. `short` is for a column whose heading says so. */
export function Progress({ done, all, short = false }: { done: number; all: number; short?: boolean }) {
  const behind = short ? "" : " decided";
  const words =
    done === all && all > 0
      ? `all${behind}`
      : done === 0
        ? `none${behind}`
        : `${number(done)} of ${number(all)}${behind}`;
  return (
    <span class="progress">
      <svg viewBox="0 0 100 6" width="100" height="6" preserveAspectRatio="none" aria-hidden="true">
        <rect width="100" height="6" rx="3" class="track" />
        {done > 0 && <rect width={Math.max(3, (100 * done) / all)} height="6" rx="3" class="bar" />}
      </svg>
      <span class="small">{words}</span>
    </span>
  );
}
