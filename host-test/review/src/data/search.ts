import type { Review } from "./review";

/** The hits of a search: people by their rows, and things by theirs. */
export interface Found {
  people: number[];
  things: number[];
}

/** Makes texts alike that differ in case or accents only. */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  // Nothing to fold in plain ASCII, which most texts are.
  // eslint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(lower) ? lower : lower.normalize("NFD").replace(/\p{M}/gu, "");
}

/** Many texts as one string, in which one search finds all. */
export class Haystack {
  private readonly starts: Uint32Array;
  private readonly text: string;

  constructor(count: number, textOf: (row: number) => string) {
    this.starts = new Uint32Array(count + 1);
    const parts: string[] = [];
    let at = 0;
    for (let row = 0; row < count; row++) {
      const part = `${fold(textOf(row)).replaceAll("\n", " ")}\n`;
      this.starts[row] = at;
      at += part.length;
      parts.push(part);
    }
    this.starts[count] = at;
    this.text = parts.join("");
  }

  /** The rows that have all words of the search. */
  find(query: string): number[] {
    const words = fold(query).split(/\s+/).filter(Boolean);
    const [longest, ...others] = words.sort((a, b) => b.length - a.length);
    if (!longest) return [];
    const found: number[] = [];
    const last = this.starts.length - 2;
    let row = 0;
    for (let at = this.text.indexOf(longest); at >= 0;) {
      // Matches ascend, so the row is seldom far.
      while (row < last && this.starts[row + 1]! <= at) row++;
      const [begin, end] = [this.starts[row]!, this.starts[row + 1]!];
      if (others.every((word) => this.text.slice(begin, end).includes(word))) found.push(row);
      at = this.text.indexOf(longest, end);
    }
    return found;
  }
}

/** Searches names and addresses of people, and names and ids of things. */
export class Search {
  private readonly people: Haystack;
  private readonly things: Haystack;
  private readonly thingRows: number[] = [];

  constructor(review: Review) {
    this.people = new Haystack(
      review.people,
      (person) => `${review.text("person.name", person)} ${review.text("person.address", person)}`,
    );
    for (let resource = 0; resource < review.resources; resource++) {
      if (!review.kind(resource).person) this.thingRows.push(resource);
    }
    this.things = new Haystack(this.thingRows.length, (row) => {
      const resource = this.thingRows[row]!;
      return `${review.text("resource.name", resource)} ${review.text("resource.id", resource)}`;
    });
  }

  find(query: string): Found {
    return {
      people: this.people.find(query),
      things: this.things.find(query).map((row) => this.thingRows[row]!),
    };
  }
}
