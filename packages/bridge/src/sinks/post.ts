// One HTTP request with a body of bytes, whose answer is read whole. A connection is used again; redirects are answers.

import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

export interface Answer {
  readonly status: number;
  readonly words: string;
  readonly text: string;
  readonly contentType: string | undefined;
  readonly retryAfter: string | undefined;
}

interface PostOptions {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: Uint8Array;
  /** Without a word from the other side. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Of an answer; what is longer is no answer to a write. */
const textLengthMax = 100_000;

/** @throws Error when no whole answer comes */
export function post({ url, headers, body, timeoutMs, signal }: PostOptions): Promise<Answer> {
  const open = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const length = { 'content-length': body.byteLength };
    const options = { method: 'POST', headers: { ...headers, ...length }, timeout: timeoutMs, signal };
    const sent = open(url, options, (response) => {
      const { statusCode = 0, statusMessage = '' } = response;
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        if (text.length < textLengthMax) text += piece;
      });
      response.on('error', reject);
      response.on('end', () => {
        const { 'content-type': contentType, 'retry-after': retryAfter } = response.headers;
        resolve({ status: statusCode, words: statusMessage, text, contentType, retryAfter });
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)));
    sent.on('error', reject);
    sent.end(body);
  });
}
