import { useEffect, useErrorBoundary } from "preact/hooks";
import { Empty, Title } from "../parts/text";
import { DecisionsView } from "../views/decisions";
import { Finding, Findings } from "../views/findings";
import { Overview } from "../views/overview";
import { People } from "../views/people";
import { Person } from "../views/person";
import { SearchResults } from "../views/search";
import { SinceTheLast } from "../views/since";
import { Thing } from "../views/thing";
import { Things } from "../views/things";
import type { Route } from "./routes";

/** The page that an address asks for, or why it can't be shown. */
export function View({ route }: { route: Route }) {
  const [error, reset] = useErrorBoundary();
  useEffect(reset, [route]);
  if (error === undefined) return <Page route={route} />;
  return (
    <>
      <Title>This part of the review can't be shown</Title>
      <p class="missing" role="alert">
        {error instanceof Error ? error.message : String(error)}
      </p>
    </>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.view) {
    case "overview":
      return <Overview />;
    case "people":
      return <People />;
    case "person":
      return <Person person={route.row} key={route.row} />;
    case "applications":
      return <Things section="app" key="app" />;
    case "groups":
      return <Things section="group" key="group" />;
    case "roles":
      return <Things section="role" key="role" />;
    case "other":
      return <Things section="other" key="other" />;
    case "thing":
      return <Thing resource={route.row} key={route.row} />;
    case "findings":
      return <Findings />;
    case "finding":
      return <Finding id={route.id} key={route.id} />;
    case "since":
      return <SinceTheLast />;
    case "decisions":
      return <DecisionsView />;
    case "search":
      return <SearchResults query={route.query} />;
    case "missing":
      return (
        <>
          <Title>There is no such page in this review</Title>
          <Empty>
            The link may be from another review. <a href="#/">Go to the overview</a>
          </Empty>
        </>
      );
  }
}
