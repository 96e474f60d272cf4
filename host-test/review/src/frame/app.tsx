import { options } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { buildIndices, type Indices } from "../data/indices";
import { drawn } from "../data/later";
import { byName } from "../data/order";
import type { Review } from "../data/review";
import { Search } from "../data/search";
import { Decisions } from "../decisions/decisions";
import { keepReviewer, keptReviewer, Keeping } from "../decisions/keeping";
import { Missing } from "../parts/facts";
import { Text } from "../parts/text";
import { capital, moment, shown } from "../parts/words";
import { DecisionDialog } from "./dialog";
import { focusTitle } from "./focus";
import { Nav } from "./nav";
import { parse, type Route, SEARCHED } from "./routes";
import { Said } from "./said";
import { SearchBox } from "./search-box";
import { type Question, type State, StateContext } from "./state";
import { View } from "./view";

/** The whole page. */
export function App({ review }: { review: Review }) {
  const [, redraw] = useState(0);
  const again = () => redraw((times) => times + 1);
  const [route, setRoute] = useState<Route>(() => parse(location.hash, review));
  const [indices, setIndices] = useState<Indices>();
  const [question, setQuestion] = useState<Question>();
  const [said, say] = useState<{ words: string; undoable: boolean }>();
  const [reviewer, setReviewer] = useState(keptReviewer);
  const [printing, setPrinting] = useState(false);
  const decisions = useMemo(() => new Decisions(review.grants), [review]);
  const keeping = useMemo(() => new Keeping(decisions, review.digest, again), [decisions]);
  const search = useMemo(() => {
    let made: Search | undefined;
    return () => (made ??= new Search(review));
  }, [review]);

  useEffect(() => decisions.listen(again), [decisions]);
  useEffect(() => {
    void (async () => {
      await drawn();
      setIndices(await buildIndices(review));
      await drawn();
      search();
      await drawn();
      byName(review);
      document.documentElement.dataset["ready"] = "true";
    })();
  }, [review]);
  const go = useRoutes(review, route, setRoute);
  usePrinting(setPrinting);

  const state: State = {
    review,
    decisions,
    keeping,
    indices,
    search,
    reviewer,
    setReviewer: (name) => {
      setReviewer(name);
      keepReviewer(name);
    },
    ask: setQuestion,
    decide: (rows, decision, words) => {
      decisions.decide(rows, decision, words);
      say({ words, undoable: true });
    },
    undo: () => {
      const words = decisions.undo();
      say(words === undefined ? undefined : { words: `Undone. ${words}`, undoable: false });
    },
    say: (words, undoable = false) => say({ words, undoable }),
    printing,
    print: () => window.print(),
  };
  const section = route.view === "thing" ? review.sectionOf(route.row) : "";
  return (
    <StateContext.Provider value={state}>
      <a class="skip" href="#title" onClick={skip}>
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="#/">
          <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
            <rect width="32" height="32" rx="8" class="mark" />
            <path d="m9 16.5 5 5 9.5-11" class="check" />
          </svg>
          <span>
            <b>Access review</b>
            <span class="small muted">
              <Text>{capital(review.account)}</Text>
            </span>
          </span>
        </a>
        <SearchBox route={route} go={go} />
      </header>
      <div class="print-head print-only">
        <p>
          <b>
            Access review of <Text>{review.account}</Text>
          </b>
          {review.head.account.name && review.head.account.id && (
            <>
              , account <Text>{review.head.account.id}</Text>
            </>
          )}
          , as of {moment(review.head.time)}
        </p>
        <p>Digest of the data (SHA-256): {review.digest}</p>
      </div>
      <div class="frame">
        <Nav route={route} section={section} />
        <main id="main">
          {route.view !== "overview" && <Missing />}
          <View route={route} />
          <p class="print-only signature">
            Reviewed by <span /> on <span />
          </p>
        </main>
      </div>
      {question && (
        <DecisionDialog
          // Each question has a dialog of its own, and its end is the end of no other.
          key={question}
          question={question}
          close={() => setQuestion((now) => (now === question ? undefined : now))}
        />
      )}
      <Said said={said} undo={state.undo} close={() => say(undefined)} />
    </StateContext.Provider>
  );
}

function skip(event: Event): void {
  event.preventDefault();
  focusTitle();
}

/** Follows the address: draws its page, sets the focus and the title, and finds the old place again. */
function useRoutes(review: Review, route: Route, setRoute: (route: Route) => void) {
  const places = useRef(new Map<string, number>());
  const at = useRef(location.hash);
  const opened = useRef<"link" | "back" | "typed" | undefined>(undefined);
  useEffect(() => {
    history.scrollRestoration = "manual";
    const clicked = (event: MouseEvent) => {
      if ((event.target as Element).closest?.("a[href^='#/']")) opened.current = "link";
    };
    const changed = () => {
      at.current = location.hash;
      opened.current ??= "back";
      setRoute(parse(location.hash, review));
    };
    const scrolled = () => places.current.set(at.current, scrollY);
    addEventListener("click", clicked, true);
    addEventListener("hashchange", changed);
    addEventListener("scroll", scrolled, { passive: true });
    return () => {
      removeEventListener("click", clicked, true);
      removeEventListener("hashchange", changed);
      removeEventListener("scroll", scrolled);
    };
  }, [review]);
  useLayoutEffect(() => {
    const title = document.getElementById("title")?.textContent?.trim() ?? "";
    document.title = shown(`${title} · Access review`);
    const how = opened.current;
    opened.current = undefined;
    if (how === "typed" || how === undefined) return;
    scrollTo(0, how === "back" ? (places.current.get(at.current) ?? 0) : 0);
    focusTitle();
  }, [route]);
  return (hash: string, replace: boolean) => {
    opened.current = "typed";
    if (replace) history.replaceState(history.state, "", hash);
    else history.pushState(SEARCHED, "", hash);
    at.current = hash;
    if (!replace) scrollTo(0, 0);
    setRoute(parse(hash, review));
  };
}

/** Shows all rows of all lists while the page is printed. */
function usePrinting(set: (printing: boolean) => void): void {
  useEffect(() => {
    const draw = (printing: boolean) => {
      // The browser prints right after the event: what changes has to be drawn before it returns.
      const later = options.debounceRendering;
      options.debounceRendering = (draw) => draw();
      set(printing);
      options.debounceRendering = later;
    };
    const before = () => draw(true);
    const after = () => draw(false);
    addEventListener("beforeprint", before);
    addEventListener("afterprint", after);
    return () => {
      removeEventListener("beforeprint", before);
      removeEventListener("afterprint", after);
    };
  }, []);
}
