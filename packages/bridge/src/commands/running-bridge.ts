// Asks the bridge that runs with this configuration, by its HTTP interface.

import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { text } from 'node:stream/consumers';
import type { WebConfiguration } from '../config/configuration.ts';
import { lockStore, StoreInUseError } from '../store.ts';
import type { ErrorView } from '../web/api.ts';

const answerMsMax = 5_000;

type Address = Pick<WebConfiguration, 'host' | 'port' | 'tls'>;

/** Where it listens on all addresses it listens on this machine's own. */
export function addressOf({ host, port, tls }: Address): string {
  const own = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${tls === undefined ? 'http' : 'https'}://${own.includes(':') ? `[${own}]` : own}:${port}`;
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
  web: Address,
  path: string,
  body?: object,
  waitMs = answerMsMax,
): Promise<Answer> {
  return JSON.parse(await answerOf(web, path, body, waitMs)) as Answer;
}

/** @throws NoAnswerError */
export const askForText = (web: Address, path: string): Promise<string> =>
  answerOf(web, path, undefined, answerMsMax);

async function answerOf(
  web: Address,
  path: string,
  body: object | undefined,
  waitMs: number,
): Promise<string> {
  let status = 0;
  let answer: string;
  try {
    const response = await send(web, path, body, waitMs);
    status = response.statusCode ?? 0;
    answer = await text(response);
  } catch (error) {
    const { message, name } = error as Error;
    throw new NoAnswerError(name === 'AbortError' ? `no answer within ${waitMs / 1000} s` : message);
  }
  if (status >= 200 && status < 300) return answer;
  throw new NoAnswerError(refusalIn(answer) ?? `${path} is answered with ${status}`, true);
}

function refusalIn(answer: string): string | undefined {
  try {
    return (JSON.parse(answer) as Partial<ErrorView>).error?.message;
  } catch {
    return undefined;
  }
}

function send(
  web: Address,
  path: string,
  body: object | undefined,
  waitMs: number,
): Promise<IncomingMessage> {
  const { tls } = web;
  const url = addressOf(web) + path;
  const written = body === undefined ? undefined : JSON.stringify(body);
  const options = {
    method: written === undefined ? 'GET' : 'POST',
    // The name that makes it a request of this machine, whatever address it goes to.
    headers: {
      host: `localhost:${web.port}`,
      ...(written === undefined ? {} : { 'content-type': 'application/json' }),
    },
    signal: AbortSignal.timeout(waitMs),
    agent: false,
  } as const;
  return new Promise((resolve, reject) => {
    const request =
      tls === undefined
        ? requestPlain(url, options, resolve)
        : requestTls(url, { ...options, ...expecting(tls.certFile) }, resolve);
    request.on('error', reject);
    request.end(written);
  });
}

/** This bridge's own certificate, for whatever name it is made out. */
const expecting = (certFile: string) => ({
  ca: readFileSync(certFile),
  allowPartialTrustChain: true,
  checkServerIdentity: () => undefined,
});
