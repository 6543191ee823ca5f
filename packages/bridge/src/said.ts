// Lines of the log that somebody outside can cause: each once an hour, and no more than a bound of them in all.

export interface Said {
  /** `key` is what is said once; the text may differ. */
  say(key: string, text: string): void;
}

const hourMs = 3_600_000;
const linesMax = 100;

/** @param what names the source of the lines when there are too many: "Embedded broker" */
export function createSaid(what: string, report: (text: string) => void, steadyMs: () => number): Said {
  const said = new Set<string>();
  let endsMs = Number.NEGATIVE_INFINITY;
  let full = false;
  return {
    say: (key, text) => {
      const nowMs = steadyMs();
      if (nowMs >= endsMs) {
        said.clear();
        full = false;
        endsMs = nowMs + hourMs;
      }
      if (said.has(key) || full) return;
      if (said.size >= linesMax) {
        full = true;
        report(`${what}: more than ${linesMax} different lines in an hour; further ones are only counted.`);
        return;
      }
      said.add(key);
      report(text);
    },
  };
}
