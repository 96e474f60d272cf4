import { resourceHref } from "../frame/routes";
import { useApp } from "../frame/state";
import { Text } from "./text";
import { capital, count, moment } from "./words";

/** The sources of the review, and the digest that a signature can name. */
export function Facts() {
  const { review } = useApp();
  const { head } = review;
  return (
    <dl class="facts-list">
      <dt>Account</dt>
      <dd>
        {head.account.name && (
          <>
            <Text>{head.account.name}</Text>,{" "}
          </>
        )}
        {head.account.id ? (
          <Text class="id">{head.account.id}</Text>
        ) : (
          "the file that was read doesn't say its id"
        )}
      </dd>
      <dt>Read at</dt>
      <dd>{moment(head.time)}</dd>
      <dt>Read from</dt>
      <dd>
        <Text>{head.source}</Text>
        {head.requests !== null && `, with ${count(head.requests, "request")}`}
      </dd>
      {head.read && (
        <>
          <dt>What was read</dt>
          <dd>
            <ul class="plain">
              {head.read.map((one) => (
                <li key={one.kind}>
                  <Text>{capital(one.what)}</Text>
                  {one.permissions.length > 0 && (
                    <span class="muted small">
                      {" "}
                      with <Text>{one.permissions.join(", ")}</Text>
                    </span>
                  )}
                </li>
              ))}
            </ul>
          </dd>
        </>
      )}
      {head.missing.length > 0 && (
        <>
          <dt>What was not read</dt>
          <dd>
            <ul class="plain">
              {head.missing.map((one) => (
                <li key={one}>
                  <Text>{capital(one)}</Text>
                </li>
              ))}
            </ul>
          </dd>
        </>
      )}
      <dt>Version</dt>
      <dd>
        <Text>{head.version}</Text>
      </dd>
      <dt>Digest of the data</dt>
      <dd>
        <code class="id digest">{review.digest}</code>
        <p class="muted small">
          The SHA-256 of the data in this file. A signature that names it names exactly what is shown here.
        </p>
      </dd>
    </dl>
  );
}

/** The number of warnings that are shown at once. */
const FEW = 5;

/** Says in red that data is missing. `whole` shows all warnings. */
export function Missing({ whole = false }: { whole?: boolean }) {
  const { review, printing } = useApp();
  const { incomplete, warnings } = review.head;
  const grave = warnings.filter((warning) => warning.incomplete);
  const others = warnings.filter((warning) => !warning.incomplete);
  if (!incomplete && !(whole && others.length)) return null;
  if (!whole && !printing) {
    return (
      <p class="missing" role="note">
        <b>Data is missing.</b> What isn't here is no proof that somebody has no access.{" "}
        <a href="#/">The warnings</a>
      </p>
    );
  }
  return (
    <>
      {incomplete && (
        <section class="missing" aria-labelledby="missing">
          <h2 id="missing">Data is missing</h2>
          <p>What isn't here is no proof that somebody has no access.</p>
          <Warnings warnings={grave.slice(0, FEW)} />
          {grave.length > FEW && (
            <details open={printing && whole}>
              <summary>{count(grave.length - FEW, "more warning")}</summary>
              <Warnings warnings={grave.slice(FEW)} />
            </details>
          )}
        </section>
      )}
      {whole && others.length > 0 && (
        <details class="notices">
          <summary>{count(others.length, "more warning")}, with all the data there</summary>
          <Warnings warnings={others} />
        </details>
      )}
    </>
  );
}

function Warnings({ warnings }: { warnings: ReturnType<typeof useApp>["review"]["head"]["warnings"] }) {
  const { review } = useApp();
  return (
    <ul>
      {warnings.map((warning, i) => (
        <li key={i}>
          <Text>{warning.message}</Text>
          {warning.about !== null && (
            <>
              {" "}
              <a href={resourceHref(review, warning.about)}>
                <Text>{review.name(warning.about)}</Text>
              </a>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
