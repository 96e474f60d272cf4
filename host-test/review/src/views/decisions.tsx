import { useRef, useState } from "preact/hooks";
import { CHOICES, type Choice } from "../decisions/decisions";
import {
  changesFile,
  decisionsFile,
  download,
  elsewhereFile,
  openDecisions,
  type Opened,
  revokes,
} from "../decisions/files";
import { useApp } from "../frame/state";
import { Progress } from "../parts/decide";
import { Grants } from "../parts/grants";
import { Empty, Part, Title } from "../parts/text";
import { count, moment, number } from "../parts/words";

export function DecisionsView() {
  const { review, decisions, keeping, undo } = useApp();
  const { here, elsewhere } = revokes(review, decisions);
  const kept = { keep: "to keep", revoke: "to revoke", ask: "to ask about" } satisfies Record<Choice, string>;
  return (
    <>
      <Title
        below={
          <p class="lead">
            {decisions.decided === 0
              ? "Nothing is decided yet. On the page of a person or an application, choose Keep, Revoke or Ask."
              : `${number(decisions.decided)} of ${count(review.grants, "grant")} are decided.`}
          </p>
        }
      >
        Decisions
      </Title>
      {keeping.failed && (
        <p class="missing" role="alert">
          <b>The browser doesn't keep your decisions.</b> Save them as a file before you close this page.
        </p>
      )}
      <ul class="plain figures">
        {CHOICES.map((choice) => (
          <li key={choice}>
            <span>
              <b>{number(decisions.counts[choice])}</b> {kept[choice]}
            </span>
          </li>
        ))}
      </ul>
      <div class="tools">
        <Progress done={decisions.decided} all={review.grants} />
        {decisions.last !== undefined && (
          <button type="button" class="quiet" onClick={undo}>
            Undo the last one
          </button>
        )}
      </div>
      <Reviewer />
      <SaveAndOpen />
      <Part
        title={`To revoke here (${number(here.length)})`}
        aside={
          <button
            type="button"
            class="main"
            disabled={here.length === 0}
            onClick={() => download("changes.jsonl", changesFile(review, decisions), "application/x-ndjson")}
          >
            Export revokes
          </button>
        }
      >
        <p>
          The file <code>changes.jsonl</code> has a line for each. See first what would happen, then do it:
        </p>
        <pre tabIndex={0}>
          {"host-test apply --file changes.jsonl --dry-run\nhost-test apply --file changes.jsonl"}
        </pre>
        {here.length ? (
          <Grants label="To revoke here" rows={here} columns={["who", "what", "why"]} first={20} />
        ) : (
          <Empty>None.</Empty>
        )}
      </Part>
      <Part
        title={`To change elsewhere (${number(elsewhere.length)})`}
        aside={
          <button
            type="button"
            class="quiet"
            disabled={elsewhere.length === 0}
            onClick={() => download("to-change-elsewhere.csv", elsewhereFile(review, decisions), "text/csv")}
          >
            Export the list
          </button>
        }
      >
        <p>
          These can't be taken from one person: a rule lets in many. Each says what has to change instead.
        </p>
        {elsewhere.length ? (
          <Grants label="To change elsewhere" rows={elsewhere} columns={["who", "what", "why"]} first={20} />
        ) : (
          <Empty>None.</Empty>
        )}
      </Part>
      <Rest choice="ask" title="To ask about" />
      <Rest choice="keep" title="To keep" />
    </>
  );
}

function Rest({ choice, title }: { choice: Choice; title: string }) {
  const { decisions } = useApp();
  const rows = decisions.rows(choice);
  if (rows.length === 0) return null;
  return (
    <Part title={`${title} (${number(rows.length)})`}>
      <Grants label={title} rows={rows} columns={["who", "what", "why"]} first={20} />
    </Part>
  );
}

function Reviewer() {
  const { reviewer, setReviewer } = useApp();
  return (
    <div class="tools">
      <label>
        Your name, as the reviewer{" "}
        <input
          type="text"
          autocomplete="name"
          maxLength={200}
          value={reviewer}
          onInput={(event) => setReviewer((event.currentTarget as HTMLInputElement).value)}
        />
      </label>
    </div>
  );
}

function SaveAndOpen() {
  const { review, decisions, say } = useApp();
  const input = useRef<HTMLInputElement>(null);
  const [opened, setOpened] = useState<Opened | undefined>();
  const [error, setError] = useState("");
  const save = () => {
    const now = new Date().toISOString();
    download(`decisions-${now.slice(0, 10)}.json`, decisionsFile(review, decisions, now), "application/json");
    say(`${count(decisions.decided, "decision")} saved in a file.`);
  };
  const open = async (file: File | undefined) => {
    setOpened(undefined);
    setError("");
    if (!file) return;
    try {
      setOpened(openDecisions(review, await file.text()));
    } catch (caught) {
      setError(caught instanceof Error ? caught.message : String(caught));
    }
    if (input.current) input.current.value = "";
  };
  const take = () => {
    if (!opened) return;
    decisions.apply(opened.decisions, "Decisions from a file");
    say(`${count(opened.found, "decision")} taken from the file.`, true);
    setOpened(undefined);
  };
  return (
    <Part title="Keep and share">
      <p>
        {
          "This browser remembers the decisions. Save them as a file to go on elsewhere, to keep them as evidence, or to hand them over."
        }
      </p>
      <div class="tools">
        <button type="button" class="quiet" disabled={decisions.decided === 0} onClick={save}>
          Save decisions
        </button>
        <label class="file quiet">
          Open decisions
          <input
            type="file"
            ref={input}
            accept=".json,application/json"
            onChange={(event) => void open((event.currentTarget as HTMLInputElement).files?.[0])}
          />
        </label>
      </div>
      {error && (
        <p class="missing" role="alert">
          {error}
        </p>
      )}
      {opened && (
        <div class="notice" role="alert">
          <p>
            {opened.same
              ? "The file is about the same data."
              : "The file is about other data than this review: the grants are those with the same ids, and the reasons may be others."}{" "}
            It was saved at {moment(opened.saved)}. {count(opened.found, "decision")} can be taken
            {opened.missing > 0 && `, ${number(opened.missing)} are about grants that aren't here`}. They
            replace what you decided about the same grants.
          </p>
          <p class="tools">
            <button type="button" class="main" disabled={opened.found === 0} onClick={take}>
              Take {count(opened.found, "decision")}
            </button>
            <button type="button" class="quiet" onClick={() => setOpened(undefined)}>
              Leave it
            </button>
          </p>
        </div>
      )}
    </Part>
  );
}
