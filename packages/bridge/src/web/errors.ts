// How the web says no: {"error": {"code", "message"}} with a status; the message is for the person who asked.

import type { FastifyInstance, FastifyReply } from 'fastify';
import { BusyError } from '../queries/thread.ts';
import type { ErrorView } from './api.ts';

export class RequestError extends Error {
  readonly statusCode: number;
  readonly code: string;
  readonly headers: { readonly [name: string]: string };
  constructor(
    statusCode: number,
    code: string,
    message: string,
    headers: { readonly [name: string]: string } = {},
  ) {
    super(message);
    this.headers = headers;
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
      return reply.status(error.statusCode).headers(error.headers).send(errorView(error.code, error.message));
    }
    if (error instanceof BusyError) return reply.status(503).send(errorView('busy', error.message));
    if (isFault(error)) return answerFault(error, request, reply);
    // Who asked is gone: there is nobody to answer, and what was given up for it is no failure.
    if (reply.raw.destroyed) return reply;
    onFailure(error, request.url);
    return reply.status(500).send(errorView('internal', 'The bridge failed to answer; its log says why.'));
  });
  server.setNotFoundHandler((request, reply) => {
    const message = `Nothing is at ${request.method} ${request.url.split('?')[0]}.`;
    return reply.status(404).send(errorView('not_found', message));
  });
}

interface Fault extends Error {
  readonly statusCode?: number;
}

/** The request's fault, as the framework says. */
const isFault = (error: unknown): error is Fault =>
  error instanceof Error &&
  'statusCode' in error &&
  typeof error.statusCode === 'number' &&
  error.statusCode >= 400 &&
  error.statusCode < 500;

/** Answers what the framework finds wrong with a request, also before there is a route. */
export function answerFault(error: Fault, _request: unknown, reply: FastifyReply): FastifyReply {
  return reply.status(error.statusCode ?? 400).send(errorView('request', error.message));
}
