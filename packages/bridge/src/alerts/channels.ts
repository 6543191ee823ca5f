// The two ways out: a POST of JSON, and a message below a topic.

import { createHash } from 'node:crypto';
import type { Secret } from '@wattline/program';
import type { Front } from '../front.ts';
import type { Alert } from './alert.ts';
import { DeclinedError, type Send } from './courier.ts';

const timeoutMs = 10_000;
/** What is wrong with this one alert, and not with the place or the moment. */
const declined = [400, 413, 422];

/** @param site said with each alert. The URL stays out of every text: its path may be a password. */
export function postTo(url: Secret<URL>, site: string): Send {
  const place = url.reveal().origin;
  return async (alert, signal) => {
    const response = await fetch(url.reveal(), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': keyOf(alert) },
      body: JSON.stringify({ ...alert, site }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      // A redirected POST would arrive as a GET, without the alert.
      redirect: 'manual',
    }).catch((error: unknown) => {
      throw new Error(`${place} does not answer (${reasonOf(error)}).`);
    });
    await response.body?.cancel();
    const { status, ok } = response;
    if (ok) return;
    const text = `${place} answers ${status}.`;
    if (declined.includes(status)) throw new DeclinedError(text);
    throw new Error(status < 500 ? `${text} Is alerts.webhook right?` : text);
  };
}

/** The same whenever this alert is sent. A code may hold what a header may not. */
const keyOf = ({ id, event }: Alert): string =>
  createHash('sha256')
    .update(JSON.stringify([id, event]))
    .digest('hex')
    .slice(0, 32);

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `nothing within ${timeoutMs / 1000} s`;
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return code ?? error.message;
}

/** As `<topic>/<device>/<code>`, QoS 1, not retained: an alert is an event. */
export const publishBelow =
  (topic: string, site: string, publish: Front['publish']): Send =>
  (alert) =>
    publish(topicOf(topic, alert), JSON.stringify({ ...alert, site }), { retain: false });

const levelLengthMax = 100;

/** What a device calls its trouble may hold what a topic may not. */
const topicOf = (topic: string, { device, code }: Alert): string =>
  [
    topic,
    ...[device, code].map((level) => level.replaceAll(/[^A-Za-z0-9_.-]+/g, '_').slice(0, levelLengthMax)),
  ].join('/');
