// One line of the table.

export interface Measurement {
  readonly what: string;
  readonly result: string;
  readonly required: string;
  readonly goal: string;
  readonly isMet: boolean;
}
