import { useEffect, useState } from "preact/hooks";

const query = matchMedia("(max-width: 700px)");

/** Whether the screen is small. On paper there is room. */
export function useNarrow(): boolean {
  const [narrow, set] = useState(query.matches);
  useEffect(() => {
    const changed = () => set(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  return narrow;
}
