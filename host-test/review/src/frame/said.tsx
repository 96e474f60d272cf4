import { useEffect, useRef } from "preact/hooks";
import { Text } from "../parts/text";

const STAYS = 15_000;

/** A line about the latest step, and a way to take it back. It goes by itself, unless somebody is at it. */
export function Said(props: {
  said: { words: string; undoable: boolean } | undefined;
  undo: () => void;
  close: () => void;
}) {
  const { said, undo, close } = props;
  const element = useRef<HTMLDivElement>(null);
  const from = useRef<EventTarget | null>(null);
  const came = ({ relatedTarget }: FocusEvent) => {
    if (!element.current?.contains(relatedTarget as Node | null)) from.current = relatedTarget;
  };
  // Its buttons go when they are pressed, so the focus goes back to where it came from.
  const back = (act: () => void) => () => {
    act();
    if (from.current instanceof HTMLElement) from.current.focus({ preventScroll: true });
  };
  useEffect(() => {
    if (!said) return undefined;
    const timer = setInterval(() => {
      if (!element.current?.matches(":hover, :focus-within")) close();
    }, STAYS);
    return () => clearInterval(timer);
  }, [said]);
  return (
    <div class="said" role="status" aria-live="polite" ref={element} onFocusIn={came}>
      {said && (
        <div class="toast">
          <Text>{said.words}</Text>
          {said.undoable && (
            <button type="button" class="link" onClick={back(undo)}>
              Undo
            </button>
          )}
          <button type="button" class="link" aria-label="Close this message" onClick={back(close)}>
            ✕
          </button>
        </div>
      )}
    </div>
  );
}
