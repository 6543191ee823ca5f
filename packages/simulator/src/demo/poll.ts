// Polls of a simulated device without a link between: the conversation that the agent leads, answered at once.

import {
  type Decoded,
  type DeviceDefinition,
  definitions,
  type Exchange,
  joinChunks,
  openConversation,
  ProtocolError,
  poll,
  type Session,
  takeOrSkip,
} from '@wattline/protocols';

/** What a device sends back to a request. */
export type Answers = (request: Uint8Array) => readonly Uint8Array[];

/** @param answersAt what the device says at a time; times only grow */
export function polled(
  id: string,
  medium: DeviceDefinition['media'][number]['medium'],
  answersAt: (timeMs: number) => Answers,
): (timeMs: number) => readonly Decoded[] {
  const definition = definitions.find((each) => each.id === id);
  if (definition === undefined) throw new Error(`the catalogue lacks ${id}`);
  const conversation = openConversation({ medium });
  return (timeMs) =>
    converse(poll(definition, conversation, { wallMs: timeMs, uptimeMs: timeMs }), answersAt(timeMs));
}

function converse<Result>(session: Session<Result>, answers: Answers): Result {
  let step = session.next();
  while (!step.done) {
    const answer = answerTo(step.value, answers);
    step = answer instanceof ProtocolError ? session.throw(answer) : session.next(answer);
  }
  return step.value;
}

function answerTo({ request, take }: Exchange, answers: Answers): Uint8Array | ProtocolError {
  try {
    const { answer } = takeOrSkip(take, joinChunks(answers(request)));
    return answer ?? new ProtocolError('silent', 'it does not answer');
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}
