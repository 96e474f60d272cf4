import type { Directory } from "./format";

/** Texts that are decoded only where they are wanted. */
export interface Texts {
  readonly length: number;
  get(row: number): string;
}

const decoder = new TextDecoder();

/** The columns of a review. Each is decoded when it is first asked for. */
export class Columns {
  private readonly numbersOf = new Map<string, Uint32Array>();
  private readonly textsOf = new Map<string, Texts>();

  constructor(
    private readonly directory: Directory,
    private readonly bytes: Uint8Array,
  ) {}

  has(name: string): boolean {
    return Object.hasOwn(this.directory.columns, name);
  }

  count(name: string): number {
    return this.entry(name).count;
  }

  /** A column of the type u8. */
  small(name: string): Uint8Array {
    const { at, count } = this.entry(name, "u8");
    return this.bytes.subarray(at, at + count);
  }

  /** A column of numbers: u32, delta, or the indices of words. */
  numbers(name: string): Uint32Array {
    let values = this.numbersOf.get(name);
    if (!values) {
      const { at, count, type } = this.entry(name, "u32", "delta", "words");
      values = planes(this.bytes, at, count);
      if (type === "delta") for (let i = 1; i < count; i++) values[i] = values[i]! + values[i - 1]!;
      this.numbersOf.set(name, values);
    }
    return values;
  }

  /** A column of texts, or of words. */
  texts(name: string): Texts {
    let texts = this.textsOf.get(name);
    if (!texts) {
      const entry = this.entry(name, "text", "words");
      texts = entry.type === "words" ? this.words(name) : this.plain(entry.at, entry.count);
      this.textsOf.set(name, texts);
    }
    return texts;
  }

  private words(name: string): Texts {
    const words = this.texts(`${name}.words`);
    const indices = this.numbers(name);
    // The same words are asked for again and again.
    const known: string[] = [];
    return {
      length: indices.length,
      get: (row) => (known[indices[row]!] ??= words.get(indices[row]!)),
    };
  }

  private plain(at: number, count: number): Texts {
    const ends = planes(this.bytes, at, count);
    let end = at + 4 * count;
    for (let i = 0; i < count; i++) {
      end += ends[i]!;
      ends[i] = end;
    }
    const begin = at + 4 * count;
    const bytes = this.bytes;
    return {
      length: count,
      get: (row) => decoder.decode(bytes.subarray(row === 0 ? begin : ends[row - 1]!, ends[row]!)),
    };
  }

  private entry(name: string, ...types: string[]) {
    const entry = Object.hasOwn(this.directory.columns, name) ? this.directory.columns[name] : undefined;
    if (!entry) throw new Error(`The file has no column ${name}.`);
    if (types.length && !types.includes(entry.type)) {
      throw new Error(`The column ${name} is of the type ${entry.type}, not ${types.join(" or ")}.`);
    }
    if (entry.at + entry.length > this.bytes.length) throw new Error(`The column ${name} isn't whole.`);
    return entry;
  }
}

/** Numbers whose lowest bytes stand together, then the next, and so on: such bytes compress well. */
function planes(bytes: Uint8Array, at: number, count: number): Uint32Array {
  const values = new Uint32Array(count);
  const [second, third, fourth] = [at + count, at + 2 * count, at + 3 * count];
  for (let i = 0; i < count; i++) {
    values[i] =
      bytes[at + i]! | (bytes[second + i]! << 8) | (bytes[third + i]! << 16) | (bytes[fourth + i]! << 24);
  }
  return values;
}

/** Splits the data into its directory and the bytes of its columns. */
export function split(data: Uint8Array): [Directory, Columns] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const length = view.getUint32(0, true);
  const directory = JSON.parse(decoder.decode(data.subarray(4, 4 + length))) as Directory;
  if (directory.format !== 1) throw new Error(`The data has the format ${directory.format}, not 1.`);
  return [directory, new Columns(directory, data.subarray(4 + length))];
}
