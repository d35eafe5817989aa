// Says which field of a recorded line broke a runner: plays it again with objects that remember what was asked.
//
// Not modelled: fields whose value is wrong but can be played; they show as a difference.

import type { VectorFile, VectorRecord } from "./types.js";

/** The field that was read last. */
interface Read {
  readonly place: string;
  readonly path: string;
  readonly value: unknown;
}

/** Hands out recorded values and remembers which field of them was read last. */
export class FieldWatch {
  #last: Read | null = null;
  /** The last one that was null or not there. */
  #empty: Read | null = null;

  /** `value`, watched; `place` says where it stands (`file:line`). */
  over<T>(value: T, place: string, path = ""): T {
    if (typeof value !== "object" || value === null) return value;
    const list = Array.isArray(value);
    return new Proxy(value, {
      get: (target, name, receiver) => {
        const found: unknown = Reflect.get(target, name, receiver);
        // Methods of lists, and what JSON.stringify asks of every object, are no fields.
        if (typeof name !== "string" || name === "toJSON" || (list && !/^\d+$/.test(name))) return found;
        const at = list ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`;
        this.#last = { place, path: at, value: found };
        this.#empty = found === undefined || found === null ? this.#last : this.#empty;
        return this.over(found, place, at);
      },
    });
  }

  /** A file with all its lines watched. */
  overFile(file: VectorFile): VectorFile {
    const records = file.records.map(
      ({ line, value }): VectorRecord => ({ line, value: this.over(value, `${file.name}:${line}`) }),
    );
    return { ...file, records };
  }

  /** What `error` is about: the place and the field read before it; null when none was. */
  explain(error: unknown): { place: string; what: string } | null {
    if (this.#last === null) return null;
    // All fields of a line may be read before the first is used.
    const about =
      error instanceof TypeError && /null|undefined/.test(error.message) ? this.#empty : this.#last;
    const { place, path, value } = about?.place === this.#last.place ? about : this.#last;
    if (value === undefined) return { place, what: `field ${path} is missing` };
    if (!(error instanceof TypeError)) return { place, what: messageOf(error) };
    return { place, what: `field ${path} is ${JSON.stringify(value)?.slice(0, 40)}, which cannot be played` };
  }
}

/** Why `play` fails for `value`: our own words for what is unknown, the field for what is missing. */
export function failureOf<T>(error: unknown, value: T, play: (value: T) => unknown): string {
  const watch = new FieldWatch();
  try {
    play(watch.over(value, ""));
  } catch (again) {
    return watch.explain(again)?.what ?? messageOf(again);
  }
  return messageOf(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
