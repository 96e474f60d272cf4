import { render } from "preact";
import { open } from "./data/review";
import { App } from "./frame/app";
import { keepPlace } from "./frame/focus";

/** Shows why nothing can be shown. */
function Failed({ words }: { words: string }) {
  return (
    <main class="opening">
      <h1>The review can't be opened</h1>
      <p role="alert">{words}</p>
      <p>
        Use Firefox 113, Chrome or Edge 103, Safari 16.4, or a newer one. If the browser is newer, the file
        may have been cut short on its way: compare its size with the original.
      </p>
    </main>
  );
}

async function start(): Promise<void> {
  const root = document.getElementById("app")!;
  try {
    const review = await open(document.getElementById("data")!);
    root.replaceChildren();
    keepPlace(root);
    render(<App review={review} />, root);
  } catch (error) {
    root.replaceChildren();
    render(<Failed words={error instanceof Error ? error.message : String(error)} />, root);
  }
}

void start();
