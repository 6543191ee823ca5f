// Whose turn it is on a port that several devices are asked over: one poll at a time, in the order in which they came.

export type InTurn = <Result>(act: () => Promise<Result>) => Promise<Result>;

export function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const result = last.then(act);
    last = result.catch(() => {});
    return result;
  };
}
