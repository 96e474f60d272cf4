let context: CanvasRenderingContext2D | null | undefined;
const FAMILY = "system-ui, sans-serif";

function width(text: string, size: number, weight: number): number {
  context ??= document.createElement("canvas").getContext("2d");
  if (!context) return text.length * size * 0.55;
  context.font = `${weight} ${size}px ${FAMILY}`;
  return context.measureText(text).width;
}

/** Breaks a text into lines for a picture, where nothing else does. What is too long ends with an ellipsis. */
export function wrap(text: string, room: number, size: number, most: number, weight = 600): string[] {
  const lines: string[] = [];
  let rest = [...text.replace(/\s+/g, " ").trim()];
  while (rest.length > 0) {
    let fits = rest.length;
    while (fits > 1 && width(rest.slice(0, fits).join(""), size, weight) > room)
      fits = Math.min(fits - 1, Math.ceil(fits * 0.9));
    while (fits < rest.length && width(rest.slice(0, fits + 1).join(""), size, weight) <= room) fits++;
    if (fits === rest.length) {
      lines.push(rest.join(""));
      break;
    }
    if (lines.length === most - 1) {
      let end = fits;
      while (end > 1 && width(`${rest.slice(0, end).join("")}…`, size, weight) > room) end--;
      lines.push(`${rest.slice(0, end).join("").trimEnd()}…`);
      break;
    }
    // Break between words, and else behind a sign that addresses have.
    let at = fits;
    for (let i = fits; i > fits * 0.2; i--) {
      if (rest[i] === " " || /[@.\-_/,]/.test(rest[i - 1]!)) {
        at = i;
        break;
      }
    }
    lines.push(rest.slice(0, at).join("").trim());
    rest = [...rest.slice(at).join("").trimStart()];
  }
  return lines.length ? lines : [""];
}
