import { useEffect, useRef } from "preact/hooks";
import { type Route, SEARCHED, searchHref } from "./routes";

/** The box of the search. What is typed is the address of the page, so that the back button leaves it. */
export function SearchBox({ route, go }: { route: Route; go: (hash: string, replace: boolean) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const query = route.view === "search" ? route.query : "";
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const on = event.target as HTMLElement;
      const types = on.closest("input, textarea, select, dialog") !== null;
      if (event.key === "/" && !types && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        input.current?.focus();
        input.current?.select();
      }
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
  const typed = (text: string) => {
    const searching = route.view === "search";
    if (text === "" && searching) leave();
    else if (text !== "") go(searchHref(text), searching);
  };
  // Leads back to the other page, if the search began from one.
  const leave = () => (history.state === SEARCHED ? history.back() : go("#/", true));
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    const first = document.querySelector<HTMLAnchorElement>("#results a");
    if (!first) return;
    event.preventDefault();
    if (event.key === "Enter") first.click();
    else first.focus();
  };
  return (
    <form role="search" class="search" onSubmit={(event) => event.preventDefault()}>
      <label>
        <span class="hidden">Search people, addresses, applications, groups and roles</span>
        <input
          ref={input}
          type="search"
          placeholder="Search names and addresses"
          autocomplete="off"
          spellcheck={false}
          aria-keyshortcuts="/"
          value={query}
          onInput={(event) => typed((event.currentTarget as HTMLInputElement).value)}
          onKeyDown={pressed}
        />
      </label>
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
