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
  useEffect(() => {
    if (!said) return undefined;
    const timer = setInterval(() => {
      if (!element.current?.matches(":hover, :focus-within")) close();
    }, STAYS);
    return () => clearInterval(timer);
  }, [said]);
  return (
    <div class="said" role="status" aria-live="polite" ref={element}>
      {said && (
        <div class="toast">
          <Text>{said.words}</Text>
          {said.undoable && (
            <button type="button" class="link" onClick={undo}>
              Undo
            </button>
          )}
          <button type="button" class="link" aria-label="Close this message" onClick={close}>
            ✕
          </button>
        </div>
      )}
    </div>
  );
}
