import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { CHOICE_WORDS, CHOICES, type Choice } from "../decisions/decisions";
import { Text } from "../parts/text";
import { count } from "../parts/words";
import { focusTitle, isFocusLost } from "./focus";
import { type Question, useApp } from "./state";

const MEANS: Record<Choice, string> = {
  keep: "They need it.",
  revoke: "It should go.",
  ask: "Somebody has to say.",
};

/** Asks about a decision: the choice, a note, and the reviewer's name. */
export function DecisionDialog({ question, close }: { question: Question; close: () => void }) {
  const { review, decisions, reviewer, setReviewer, decide } = useApp();
  const element = useRef<HTMLDialogElement>(null);
  const { rows, about } = question;
  const one = question.single ?? rows.length === 1;
  const now = one ? decisions.get(rows[0]!) : null;
  const [choice, setChoice] = useState<Choice | null>(question.choice);
  const [note, setNote] = useState(now?.note ?? "");
  const [name, setName] = useState(reviewer);
  const decided = one ? 0 : decisions.decidedOf(rows);
  const [others, setOthers] = useState(false);
  useLayoutEffect(() => element.current!.showModal(), []);
  // Every way out closes the element while it is in the page: then the browser gives the focus back.
  const leave = () => element.current!.close();
  const closed = () => {
    if (isFocusLost()) focusTitle();
    close();
  };
  const fixed = (rows: ArrayLike<number>) => {
    let elsewhere = 0;
    for (let i = 0; i < rows.length; i++) {
      if (review.small("reason.revocable", review.reasonOf(rows[i]!)) === 0) elsewhere++;
    }
    return elsewhere;
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (!choice || !name.trim()) return;
    setReviewer(name.trim());
    const those = others ? Array.from(rows).filter((row) => decisions.get(row) === null) : rows;
    // First, since the decision may take the row away to which the focus goes back.
    leave();
    const decision = { choice, note: note.trim(), reviewer: name.trim(), time: new Date().toISOString() };
    decide(
      those,
      decision,
      `${CHOICE_WORDS[choice]}: ${one ? about : `${count(those.length, "grant")}, ${about}`}`,
    );
  };
  const elsewhere = useMemo(() => (choice === "revoke" ? fixed(rows) : 0), [choice, rows]);
  return (
    <dialog ref={element} aria-labelledby="dialog-title" onClose={closed}>
      <form method="dialog" onSubmit={submit}>
        <h2 id="dialog-title">{one ? "Decide" : `Decide for ${count(rows.length, "grant")} at once`}</h2>
        <p>
          <Text>{about}</Text>
        </p>
        <fieldset>
          <legend>Decision</legend>
          {CHOICES.map((one) => (
            <label class="choice" key={one}>
              <input
                type="radio"
                name="choice"
                required
                autofocus={question.choice === null ? one === "keep" : one === question.choice}
                checked={choice === one}
                onChange={() => setChoice(one)}
              />
              <b>{CHOICE_WORDS[one]}</b> <span class="muted">{MEANS[one]}</span>
            </label>
          ))}
        </fieldset>
        {elsewhere > 0 && (
          <p class="notice">
            {elsewhere === rows.length && one
              ? "This can't be revoked here. It goes on the list of what has to change elsewhere."
              : `Of these, ${count(elsewhere, "grant")} can't be revoked here. The list of what has to change elsewhere says what to do instead.`}
          </p>
        )}
        {decided > 0 && (
          <label class="choice">
            <input type="checkbox" checked={others} onChange={() => setOthers(!others)} />
            Leave what is decided already as it is ({count(decided, "grant")})
          </label>
        )}
        <label class="field">
          Note
          <textarea
            rows={3}
            maxLength={2000}
            value={note}
            onInput={(event) => setNote((event.currentTarget as HTMLTextAreaElement).value)}
          />
        </label>
        <label class="field">
          Your name, as the reviewer
          <input
            type="text"
            required
            autocomplete="name"
            maxLength={200}
            value={name}
            onInput={(event) => setName((event.currentTarget as HTMLInputElement).value)}
          />
        </label>
        <div class="buttons">
          <button type="button" class="quiet" onClick={leave}>
            Cancel
          </button>
          <button type="submit" class="main" disabled={!choice}>
            {choice
              ? `${CHOICE_WORDS[choice]} ${one ? "" : count(rows.length - (others ? decided : 0), "grant")}`
              : "Decide"}
          </button>
        </div>
      </form>
    </dialog>
  );
}
