// Why a reading is not taken from a publisher that may speak for one agent only.

/** How much of a foreign name is shown. */
const nameLengthShown = 64;

export function explainForeign(onlyAgent: string, named: string | undefined): string {
  const by =
    onlyAgent === '' ? 'a user that is no agent' : `the agent "${onlyAgent}", whose readings must name it`;
  const what =
    named === undefined
      ? 'names no agent, stream and sequence'
      : `names "${named.slice(0, nameLengthShown)}"`;
  return `it came from ${by}; it ${what}`;
}
