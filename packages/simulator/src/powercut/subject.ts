// A program whose power is cut while it writes, and what must be found afterwards.

export interface Subject {
  readonly name: string;
  /**
   * Run as `node writer <what it leaves out> <directory> <groups>`. It prints a word before and after what it does: what
   * it had said when the power went is what must be kept. "done" comes last, and it stays open.
   */
  readonly writer: string;
  /** What a careless change would leave out; each must be caught. */
  readonly omissions: readonly string[];
  /** Opens what a cut left, with the program's own code, and goes on with it. "": all is well. */
  judge(directory: string, words: readonly string[]): Promise<string>;
}

/** The writer that leaves out nothing. */
export const nothing = 'nothing';

/** The judgement; what cannot be opened is damaged. */
export const judgeCut = (subject: Subject, directory: string, words: readonly string[]): Promise<string> =>
  subject
    .judge(directory, words)
    .catch((error: unknown) => `damaged: ${error instanceof Error ? error.message : error}`);
