import { useApp } from "../frame/state";
import { age, date } from "./words";

/** The last login of an account to Access, as far as there is one. */
export function LastLogin({ resource }: { resource: number }) {
  const { review } = useApp();
  const kind = review.kind(resource).id;
  if (kind === "member") return <span class="muted">not shown for members</span>;
  if (kind === "email") return <span class="muted">never: no account</span>;
  if (!review.kind(resource).person) return <span class="muted">–</span>;
  return <Login time={review.number("resource.last_login", resource)} />;
}

export function Login({ time }: { time: number | undefined }) {
  const { review } = useApp();
  if (time === undefined) return <span class="muted">no user of Access</span>;
  if (time === 0) return <span>none known</span>;
  return (
    <span class="dated">
      {date(time)} <span class="muted small">{age(time, review.time)}</span>
    </span>
  );
}

/** The meaning of the last login, and its limits. */
export const LOGIN_MEANS =
  "The last login is one to Access, at any application, as Cloudflare shows it. It doesn't say which application " +
  "was used, and it doesn't count logins to Cloudflare's dashboard. Someone without one may never have come, or " +
  "may come in where nobody is asked to log in.";
