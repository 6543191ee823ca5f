// Asks the bridge that runs with this configuration, by its HTTP interface.

import type { HostPort } from '@wattline/program';
import { lockStore, StoreInUseError } from '../store.ts';
import type { ErrorView } from '../web/api.ts';

const answerMsMax = 5_000;

/** Where it listens on all addresses it listens on this machine's own. */
export function addressOf({ host, port }: HostPort): string {
  const own = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${own.includes(':') ? `[${own}]` : own}:${port}`;
}

/** Whether a bridge has the store of this configuration open. */
export function bridgeRuns(path: string): boolean {
  try {
    lockStore(path).close();
    return false;
  } catch (error) {
    if (error instanceof StoreInUseError) return true;
    throw error;
  }
}

/** It did not answer, or refused; the message is in words. */
export class NoAnswerError extends Error {
  /** It runs, and answered so. */
  readonly isRefusal: boolean;
  constructor(message: string, isRefusal = false) {
    super(message);
    this.isRefusal = isRefusal;
  }
}

/** JSON of a path; with a body it is posted. @throws NoAnswerError */
export async function askBridge<Answer>(
  web: HostPort,
  path: string,
  body?: object,
  waitMs = answerMsMax,
): Promise<Answer> {
  const post =
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return JSON.parse(await answerOf(web, path, post, waitMs)) as Answer;
}

/** @throws NoAnswerError */
export const askForText = (web: HostPort, path: string): Promise<string> =>
  answerOf(web, path, {}, answerMsMax);

async function answerOf(web: HostPort, path: string, how: RequestInit, waitMs: number): Promise<string> {
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(addressOf(web) + path, { ...how, signal: AbortSignal.timeout(waitMs) });
    text = await answer.text();
  } catch (error) {
    const { message, cause } = error as Error;
    throw new NoAnswerError(cause instanceof Error && cause.message !== '' ? cause.message : message);
  }
  if (answer.ok) return text;
  throw new NoAnswerError(refusalIn(text) ?? `${path} is answered with ${answer.status}`, true);
}

function refusalIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as Partial<ErrorView>).error?.message;
  } catch {
    return undefined;
  }
}
