// Asks again only when the answer has grown old.

/** A failed question is not remembered. The one running is shared by all who ask meanwhile. */
export function remember<Answer>(
  ask: (nowMs: number) => Promise<Answer>,
  validMs: number,
): (nowMs: number) => Promise<Answer> {
  let asked: { readonly atMs: number; readonly answer: Promise<Answer> } | undefined;
  return (nowMs) => {
    if (asked !== undefined && nowMs >= asked.atMs && nowMs - asked.atMs < validMs) return asked.answer;
    const question = { atMs: nowMs, answer: ask(nowMs) };
    asked = question;
    question.answer.catch(() => {
      if (asked === question) asked = undefined;
    });
    return question.answer;
  };
}
