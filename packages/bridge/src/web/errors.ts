// How the web says no: {"error": {"code", "message"}} with a status; the message is for the person who asked.

import type { FastifyInstance } from 'fastify';
import type { ErrorView } from './api.ts';

export class RequestError extends Error {
  readonly statusCode: number;
  readonly code: string;
  constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
  }
}

export const errorView = (code: string, message: string): ErrorView => ({ error: { code, message } });

/** `onFailure` hears of what is our fault: the answer does not tell it to strangers. */
export function answerErrors(
  server: FastifyInstance,
  onFailure: (error: unknown, url: string) => void,
): void {
  server.setErrorHandler((error, request, reply) => {
    if (error instanceof RequestError) {
      return reply.status(error.statusCode).send(errorView(error.code, error.message));
    }
    const statusCode = statusCodeOf(error);
    if (statusCode >= 400 && statusCode < 500) {
      const message = error instanceof Error ? error.message : 'the request is wrong';
      return reply.status(statusCode).send(errorView('request', message));
    }
    onFailure(error, request.url);
    return reply.status(500).send(errorView('internal', 'The bridge failed to answer; its log says why.'));
  });
  server.setNotFoundHandler((request, reply) => {
    const message = `Nothing is at ${request.method} ${request.url.split('?')[0]}.`;
    return reply.status(404).send(errorView('not_found', message));
  });
}

function statusCodeOf(error: unknown): number {
  const claimed =
    typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : 500;
  return typeof claimed === 'number' ? claimed : 500;
}
